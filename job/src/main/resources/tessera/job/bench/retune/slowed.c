/* A bundle's library for a CPU whose calls take longer by a share: it calls the original, and waits for that share of the time that the
 * call took. SLOWED_LIBRARY is the original's path, SLOWED_SHARE is 0.08 for 8%. */
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

typedef int open_function(const char *, void **);
typedef int set_threads_function(void *, int);
typedef const char *message_function(int);
typedef int prepare_function(void *, int, const void *, const void **, void *);
typedef void close_function(void *);
typedef int run_function(void *, const int64_t *, const void *const *, void *, void *);

static void *original(const char *symbol) {
  static void *library;
  if (!library) library = dlopen(SLOWED_LIBRARY, RTLD_NOW | RTLD_LOCAL);
  return library ? dlsym(library, symbol) : NULL;
}

static int64_t now_nanos(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int tessera_open(const char *folder, void **bundle) { return ((open_function *)original("tessera_open"))(folder, bundle); }

int tessera_set_threads(void *bundle, int threads) { return ((set_threads_function *)original("tessera_set_threads"))(bundle, threads); }

const char *tessera_message(int status) { return ((message_function *)original("tessera_message"))(status); }

int tessera_prepare(void *bundle, int index, const void *data, const void **prepared, void *stream) {
  return ((prepare_function *)original("tessera_prepare"))(bundle, index, data, prepared, stream);
}

void tessera_close(void *bundle) { ((close_function *)original("tessera_close"))(bundle); }

int tessera_run(void *bundle, const int64_t *shape, const void *const *inputs, void *output, void *stream) {
  static run_function *run;
  if (!run) run = (run_function *)original("tessera_run");
  const int64_t start = now_nanos();
  const int status = run(bundle, shape, inputs, output, stream);
  const int64_t stop = now_nanos();
  const int64_t until = stop + (int64_t)((double)(stop - start) * SLOWED_SHARE);
  while (now_nanos() < until)
    ;
  return status;
}
