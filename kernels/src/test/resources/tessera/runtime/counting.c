/* The run time of bundles around a kernel that does nothing, to look at how it counts calls. Compile it in the project's folder by
 *
 *   cc -O3 -Ikernels/src/main/resources/tessera/runtime kernels/src/test/resources/tessera/runtime/counting.c -o counting -ldl -lpthread
 *
 *   counting time                                  prints what counting adds to a call, in nanoseconds
 *   counting sums THREADS CALLS SHAPES FILE        calls from threads at once, call i of thread t with the shape (i * i + t) % SHAPES + 1
 */
#include <pthread.h>
#include <stdint.h>
#include <time.h>

#include "tessera.h"

typedef struct {
  int64_t batch, m, n, k;
  const void *a, *b, *bias;
  void *c;
} tessera_gemm;

static _Thread_local char fault[256];

static const struct {
  const char *name;
  int main, edge;
  int64_t rows, most;
} tessera_plans[] = {{"nothing", 0, -1, 0, 0}};

static int dispatch(const int64_t *shape) { return (int)(shape[0] >> 62); }

static int describe(const int64_t *shape, tessera_gemm *gemm) {
  gemm->batch = gemm->n = gemm->k = 1;
  gemm->m = shape[0];
  return 1;
}

static void operand_extents(const int64_t *shape, int operand, int64_t *extents) { extents[0] = operand ? 1 : shape[0]; }

#define PROGRAM_ID "nothing"
#define PROGRAM_DEVICE "any"
#define PROGRAM_RANK 1
#define PROGRAM_INPUT_BYTES 4
#define PROGRAM_OUTPUT_BYTES 4
#define PROGRAM_VARIABLES "T",
#define PROGRAM_OPERANDS {"x", "float32", 1}, {"w", "float32", 1}, {"y", "float32", 1}
#define TESSERA_MOST_THREADS 64

static int program_plan(const int64_t *shape, const void *const *inputs) {
  (void)inputs;
  return dispatch(shape);
}

static tessera_status program_launch(int kernel, const tessera_gemm *gemm, int threads, void *stream) {
  __asm__ volatile("" : : "r"(kernel), "r"(gemm), "r"(threads), "r"(stream) : "memory");
  return TESSERA_OK;
}
static const char *program_refusal(const char *device) { return *device ? NULL : "no device"; }
static tessera_status program_prepare(int index, const void *data, const void **prepared, void *stream) {
  (void)index, (void)stream;
  *prepared = data;
  return TESSERA_OK;
}
static void program_close(void) {}
static int program_threads(void) { return 1; }

#include "bundle.c"

static tessera_bundle *bundle;

static int64_t shape_of(int64_t thread, int64_t call, int64_t shapes) { return (call * call + thread) % shapes + 1; }

static void call(int64_t value) {
  static float operand[1];
  const void *inputs[] = {operand, operand};
  if (tessera_run(bundle, &value, inputs, operand, NULL) != TESSERA_OK) abort();
}

typedef struct {
  int64_t thread, calls, shapes;
} caller;

static void *call_all(void *argument) {
  const caller *own = argument;
  for (int64_t i = 0; i < own->calls; i++) call(shape_of(own->thread, i, own->shapes));
  return NULL;
}

static int sums(int threads, int64_t calls, int64_t shapes, const char *file) {
  pthread_t *handles = malloc((size_t)threads * sizeof *handles);
  caller *callers = malloc((size_t)threads * sizeof *callers);
  tessera_count(bundle, 1);
  for (int t = 0; t < threads; t++) {
    callers[t] = (caller){t, calls, shapes};
    if (pthread_create(&handles[t], NULL, call_all, &callers[t])) return 1;
  }
  for (int t = 0; t < threads; t++) pthread_join(handles[t], NULL);
  free(handles);
  free(callers);
  const tessera_status status = tessera_counts(bundle, file);
  if (status != TESSERA_OK) fprintf(stderr, "%s\n", tessera_message(status));
  return status;
}

static double nanos(int64_t shapes) {
  enum { CALLS = 20000 };
  static int64_t values[4096];
  struct timespec start, end;
  for (int i = 0; i < 4096; i++) values[i] = shape_of(0, i, shapes);
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (int i = 0; i < CALLS; i++) call(values[i % 4096]);
  clock_gettime(CLOCK_MONOTONIC, &end);
  return ((double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec)) / CALLS;
}

static int ascending(const void *one, const void *other) {
  const double a = *(const double *)one, b = *(const double *)other;
  return a < b ? -1 : a > b;
}

/* The medians of blocks that take turns. */
static void time_shapes(int64_t shapes) {
  enum { BLOCKS = 2001 };
  static double off[BLOCKS], on[BLOCKS], more[BLOCKS];
  for (int block = 0; block < BLOCKS; block++) {
    tessera_count(bundle, 0);
    off[block] = nanos(shapes);
    tessera_count(bundle, 1);
    on[block] = nanos(shapes);
    more[block] = on[block] - off[block];
  }
  qsort(off, BLOCKS, sizeof *off, ascending);
  qsort(on, BLOCKS, sizeof *on, ascending);
  qsort(more, BLOCKS, sizeof *more, ascending);
  printf("%5lld shapes: a call takes %.2f ns, and %.2f ns where it is counted: %.2f ns more (%.2f to %.2f in half of the blocks)\n",
         (long long)shapes, off[BLOCKS / 2], on[BLOCKS / 2], more[BLOCKS / 2], more[BLOCKS / 4], more[BLOCKS - 1 - BLOCKS / 4]);
}

int main(int count, char **arguments) {
  if (tessera_open(NULL, &bundle) != TESSERA_OK) return 1;
  if (count == 6 && !strcmp(arguments[1], "sums"))
    return sums(atoi(arguments[2]), atoll(arguments[3]), atoll(arguments[4]), arguments[5]);
  const int64_t shapes[] = {1, 16, 128, 1000};
  for (int i = 0; i < 4; i++) {
    tessera_close(bundle);
    if (tessera_open(NULL, &bundle) != TESSERA_OK) return 1;
    time_shapes(shapes[i]);
  }
  tessera_close(bundle);
  return 0;
}
