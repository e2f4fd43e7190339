/* Turns kernels into a module of driver.cpp. The including file lists them with TESSERA_MODULE(clusters, ENTRY(kernel) ...). */
#pragma once
#include <string.h>

#include <tuple>
#include <utility>

/* Calls a kernel with parameters that a driver was given: a pointer to each. */
template <typename... Types, size_t... I>
void emulated_call(void (*kernel)(Types...), void **p, std::index_sequence<I...>) {
  kernel(*(Types *)p[I]...);
}

template <typename... Types>
int emulated_run(void (*kernel)(Types...), int blocks, int threads, int shared, int together, void **p) {
  emulator::launch(blocks, threads, shared / 4, together, [&] { emulated_call(kernel, p, std::index_sequence_for<Types...>()); });
  return 0;
}

/* Bytes of a parameter; 0 behind the last one. */
template <typename... Types>
int emulated_size(void (*)(Types...), int index) {
  const int sizes[] = {(int)sizeof(Types)..., 0};
  return index < (int)sizeof...(Types) ? sizes[index] : 0;
}

#define ENTRY(kernel)                                                     \
  if (!name && !strcmp((const char *)p, #kernel)) return emulated_size(kernel, blocks); \
  if (name && !strcmp(name, #kernel)) return blocks == 0 ? 0 : emulated_run(kernel, blocks, threads, shared, together, p);

/* One whose blocks form no clusters, whatever the others' do. */
#define ENTRY_ALONE(kernel)                                                                            \
  if (!name && !strcmp((const char *)p, #kernel)) return emulated_size(kernel, blocks); \
  if (name && !strcmp(name, #kernel)) return blocks == 0 ? 0 : emulated_run(kernel, blocks, threads, shared, 1, p);

/* blocks == 0: is there such a kernel (0) or not; name == NULL: how large parameter `blocks` of the kernel named by p is */
#define TESSERA_MODULE(clusters, entries)                                                                  \
  extern "C" int emulated(const char *name, int blocks, int threads, int shared, void **p) {               \
    const int together = clusters;                                                                         \
    entries return 500;                                                                                    \
  }
