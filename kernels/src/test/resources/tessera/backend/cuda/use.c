/* A program that uses a CUDA bundle of two shape variables (m = M, n = N, k = 36, with a bias) as its users would. It reaches the
 * driver itself, so that it runs on the emulated one too. Prints "right" or what is wrong.
 *
 *   use            every kernel, on two streams and in a captured graph
 *   use threads    the same from several threads at once
 *   use broken     one call, of which it prints the status and the message
 */
#include <dlfcn.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tessera.h"

/* What the bundle's kernels are: float32's, those of tensor cores in tf32, or those of emulated float32, with n = 64 and prepared weights. */
#ifndef TF32
#define TOLERANCE 1e-4
#define THIRD "skinny"
#else
#define TOLERANCE 0.02
#define THIRD "mma"
#endif
#ifdef EMULATED
#define UNALIGNED_N 64
#else
#define UNALIGNED_N 61
#endif

enum { K = 36, GUARD = 64 };
typedef unsigned long long device_pointer;

static void require(int condition, const char *what) {
  if (!condition) {
    printf("wrong: %s\n", what);
    exit(1);
  }
}

static void *driver;
static void *context;

static void *entry(const char *name) {
  void *found = dlsym(driver, name);
  require(found != NULL, name);
  return found;
}

/* Calls a function of the driver that must succeed; its parameters' types are those that follow. */
#define CALL(name, types, ...) require(((int(*) types)entry(#name))(__VA_ARGS__) == 0, #name)

static void make_current(void) { CALL(cuCtxSetCurrent, (void *), context); }

static void open_driver(void) {
  driver = dlopen("libcuda.so.1", RTLD_NOW);
  if (!driver) return;
  int device;
  CALL(cuInit, (unsigned), 0);
  CALL(cuDeviceGet, (int *, int), &device, 0);
  CALL(cuDevicePrimaryCtxRetain, (void **, int), &context, device);
  make_current();
}

typedef struct {
  float *host;
  device_pointer memory, data; /* data: behind a guard, and `shift` floats more */
  size_t count;
} operand;

static operand filled(size_t count, int shift, int poison) {
  operand o = {malloc((count + 1) * 4), 0, 0, count};
  for (size_t i = 0; i < count; i++) o.host[i] = (float)(rand() % 2001 - 1000) / 1000;
  const size_t all = (count + 2 * GUARD + (size_t)shift) * 4;
  CALL(cuMemAlloc_v2, (device_pointer *, size_t), &o.memory, all);
  o.data = o.memory + (device_pointer)(GUARD + shift) * 4;
  char *bytes = malloc(all);
  memset(bytes, 0xff, all);
  if (!poison) memcpy(bytes + (GUARD + shift) * 4, o.host, count * 4);
  CALL(cuMemcpyHtoD_v2, (device_pointer, const void *, size_t), o.memory, bytes, all);
  free(bytes);
  return o;
}

static void release(operand o) {
  CALL(cuMemFree_v2, (device_pointer), o.memory);
  free(o.host);
}

/* Reads an output back; nothing around it may have been written. */
static void read_back(operand *o, int shift) {
  const size_t before = GUARD + (size_t)shift, all = o->count + 2 * GUARD + (size_t)shift;
  unsigned *words = malloc(all * 4);
  CALL(cuMemcpyDtoH_v2, (void *, device_pointer, size_t), words, o->memory, all * 4);
  for (size_t i = 0; i < all; i++)
    require((i >= before && i < before + o->count) || words[i] == 0xffffffffu, "something outside the output was written");
  memcpy(o->host, words + before, o->count * 4);
  free(words);
}

enum { ONCE, TWICE, CAPTURED, PREPARED };

static void check(tessera_bundle *bundle, int64_t m, int64_t n, int shift, void *stream, int how) {
  operand x = filled((size_t)(m * K), shift, 0), w = filled((size_t)(n * K), shift, 0), bias = filled((size_t)n, shift, 0);
  operand y = filled((size_t)(m * n), shift, 1);
  const int64_t shape[] = {m, n};
  const void *inputs[] = {(void *)x.data, (void *)w.data, (void *)bias.data};
  if (how == CAPTURED) {
    void *graph, *ready;
    CALL(cuStreamBeginCapture_v2, (void *, int), stream, 0);
    require(tessera_run(bundle, shape, inputs, (void *)y.data, stream) == TESSERA_OK, "tessera_run while capturing");
    CALL(cuStreamEndCapture, (void *, void **), stream, &graph);
    CALL(cuGraphInstantiateWithFlags, (void **, void *, unsigned long long), &ready, graph, 0);
    for (int again = 0; again < 3; again++) CALL(cuGraphLaunch, (void *, void *), ready, stream);
  } else {
    if (how == PREPARED) {
      require(tessera_prepare(bundle, 1, (void *)w.data, &inputs[1], stream) == TESSERA_OK, "tessera_prepare");
#ifdef EMULATED
      const void *again;
      require(inputs[1] != (void *)w.data, "weights are split");
      require(tessera_prepare(bundle, 1, (void *)w.data, &again, stream) == TESSERA_OK && again == inputs[1], "the same weights again");
#endif
    }
    for (int again = 0; again <= how % PREPARED; again++)
      require(tessera_run(bundle, shape, inputs, (void *)y.data, stream) == TESSERA_OK, "tessera_run");
  }
  CALL(cuStreamSynchronize, (void *), stream);
  read_back(&y, shift);
  for (int64_t r = 0; r < m; r++)
    for (int64_t s = 0; s < n; s++) {
      double sum = bias.host[s];
      for (int t = 0; t < K; t++) sum += (double)x.host[r * K + t] * w.host[s * K + t];
      if (!(fabs(y.host[r * n + s] - sum) < TOLERANCE)) {
        printf("wrong: m %lld n %lld shift %d how %d element [%lld, %lld] is %g, should be %g\n", (long long)m, (long long)n, shift, how,
               (long long)r, (long long)s, y.host[r * n + s], sum);
        exit(1);
      }
    }
  release(x), release(w), release(bias), release(y);
}

static void *many_shapes(void *given) {
  tessera_bundle *bundle = given;
  void *stream;
  make_current();
  CALL(cuStreamCreate, (void **, unsigned), &stream, 1);
  for (int shift = 0; shift < 2; shift++)
    for (int64_t m = 1; m <= 65; m += m < 5 ? 1 : 15) {
      check(bundle, m, 64, shift, stream, TWICE);
      check(bundle, m, UNALIGNED_N, shift, stream, ONCE);
      check(bundle, m, 64, shift, stream, PREPARED);
    }
  return stream;
}

int main(int count, char **arguments) {
  open_driver();
  tessera_bundle *bundle = NULL;
  tessera_status status = tessera_open(NULL, &bundle);
  if (status != TESSERA_OK) {
    printf("%s\n", tessera_message(status));
    return 2;
  }
  require(tessera_rank(bundle) == 2 && !strcmp(tessera_variable(bundle, 1), "N"), "variables");
  require(tessera_select(bundle, (int64_t[]){4, 1}) == 2 && tessera_select(bundle, (int64_t[]){5, 1}) == 0, "tessera_select");
  require(tessera_select(bundle, (int64_t[]){0, 1}) == -1, "tessera_select of a shape that is not positive");
  require(strstr(tessera_kernel_name(bundle, 2), THIRD) && !tessera_kernel_name(bundle, 3), "tessera_kernel_name");
  const void *missing[] = {NULL, NULL, NULL};
  float y[4];
  require(tessera_run(bundle, (int64_t[]){1, 1}, missing, y, NULL) == TESSERA_INVALID_ARGUMENT, "inputs that are NULL");
  if (count > 1 && !strcmp(arguments[1], "broken")) {
    const void *inputs[] = {y, y, y};
    const tessera_status run = tessera_run(bundle, (int64_t[]){1, 1}, inputs, y, NULL);
    printf("%d %s\n", run, tessera_message(run));
    return 0;
  }
  if (count > 1 && !strcmp(arguments[1], "threads")) {
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) require(!pthread_create(&threads[i], NULL, many_shapes, bundle), "pthread_create");
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  } else {
    void *fresh;
    CALL(cuStreamCreate, (void **, unsigned), &fresh, 1);
    check(bundle, 37, 64, 0, fresh, CAPTURED); /* the first call of its kernel */
    check(bundle, 33, 64, 0, NULL, TWICE);
    void *stream = many_shapes(bundle);
    check(bundle, 37, 64, 0, stream, CAPTURED);
    check(bundle, 3, UNALIGNED_N, 1, stream, CAPTURED);
    check(bundle, 65, 64, 0, stream, CAPTURED);
    require(tessera_set_overlap(NULL, 1) == TESSERA_INVALID_ARGUMENT && tessera_set_overlap(bundle, 1) == TESSERA_OK, "tessera_set_overlap");
    many_shapes(bundle);
    check(bundle, 37, 64, 0, stream, CAPTURED);
  }
  tessera_close(bundle);
  puts("right");
  return 0;
}
