/* Checks and times CPU micro-kernels inside the measuring worker process; called from Java through JNA.
 * Everything here may be taken down by a candidate, so nothing here outlives the worker.
 */
#include "cores.h"
#include "launch.h"
#include "prepare.h"

#include <dirent.h>
#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "operands.h"
#include "peers/signals.h"
#include "reference.h"

enum { KIND_KERNEL = 0, KIND_PEER = 1, KIND_BUNDLE = 2, KIND_PREPARED = 3 };
enum { CHECK_OK = 0, CHECK_INCORRECT = 1, CHECK_FAILED = 2 };
enum { TIME_OK = 0, TIME_FAILED = 1 };

static const char *const OUT_OF_MEMORY = "out of memory";

static int64_t now_nanos(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* ---- the pulse: what this process is at, for a parent that looks when it hangs or dies ---- */

static int32_t unseen_function;
static int64_t unseen_steps;
static volatile int32_t *pulse_function = &unseen_function;
static volatile int64_t *pulse_steps = &unseen_steps;

/* memory: from byte 0 an int32, the index of the function at work; from byte 8 an int64, the steps so far */
void harness_pulse(void *memory) {
  pulse_function = memory;
  pulse_steps = (int64_t *)((char *)memory + 8);
}

static void pulse_at(int function) {
  *pulse_function = function;
  ++*pulse_steps;
}

/* ---- loading ---- */

void *harness_symbol(const char *library, const char *symbol, char *message, int capacity) {
  void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  void *found = handle ? dlsym(handle, symbol) : NULL;
  if (!found) snprintf(message, (size_t)capacity, "%s", dlerror());
  return found;
}

/* Makes a library's symbols available to those loaded later (a BLAS needs its run-time libraries). */
int harness_preload(const char *library) {
  const signal_handlers before = handlers_now();
  const int loaded = dlopen(library, RTLD_NOW | RTLD_GLOBAL) != NULL;
  handlers_restore(&before);
  return loaded;
}

/* ---- the speed of this core right now: independent multiply-adds in registers ---- */

#ifndef LANES
#define LANES 4
#endif
typedef float probe_vector __attribute__((vector_size(LANES * 4)));

/* a vector register in inline assembly */
#if defined(__x86_64__)
#define PROBE_REGISTER "v"
#elif defined(__aarch64__)
#define PROBE_REGISTER "w"
#else
#define PROBE_REGISTER "m"
#endif

/* GFLOP/s over `nanos` nanoseconds. */
double harness_probe(int64_t nanos) {
  probe_vector acc[12], x, y;
  for (int i = 0; i < LANES; i++) x[i] = 0.999f, y[i] = 1e-3f;
#pragma GCC unroll 12
  for (int j = 0; j < 12; j++) acc[j] = y * (float)j;
  int64_t start = now_nanos(), stop, rounds = 0;
  do {
    for (int r = 0; r < 256; r++)
#pragma GCC unroll 12
      for (int j = 0; j < 12; j++) {
        acc[j] = acc[j] * x + y;
        __asm__ volatile("" : "+" PROBE_REGISTER(acc[j]));
      }
    rounds++;
    stop = now_nanos();
  } while (stop - start < nanos);
  return (double)rounds * 256 * 12 * LANES * 2 / (double)(stop - start);
}

/* ---- the cores that this process may use ---- */

int harness_default_threads(void) { return tessera_default_threads(); }

/* With the quota of its control groups, in cores (0: none), and the file that holds it; *allowed: without a quota. */
int harness_cores(int *allowed, double *quota, char *file, int capacity) {
  const tessera_quota found = tessera_cpu_quota("");
  *allowed = tessera_allowed_cores();
  *quota = found.cores;
  snprintf(file, (size_t)capacity, "%s", found.file);
  return tessera_usable_cores();
}

/* ---- libraries of others ---- */

#include "peers/peer.h"

#include "peers/aocl_dlp.h"
#include "peers/cblas.h"
#include "peers/libxsmm.h"
#include "peers/onednn.h"

#include "peers/open.h"

/* ---- a bundle, called as its users call it ---- */

typedef struct {
  int (*run)(void *bundle, const int64_t *shape, const void *const *inputs, void *output, void *stream);
  int (*prepare)(void *bundle, int index, const void *data, const void **prepared, void *stream);
  void (*close)(void *bundle);
  void *bundle;
  int64_t shape[16];
} bundle_call;

/* Opens the bundle of a library for one shape and a number of threads (0: its default); NULL with a message when it is refused. */
void *harness_bundle(const char *path, const int64_t *shape, int rank, int threads, char *message, int capacity) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    snprintf(message, (size_t)capacity, "%s", dlerror());
    return NULL;
  }
  int (*open)(const char *, void **) = dlsym(library, "tessera_open");
  int (*set_threads)(void *, int) = dlsym(library, "tessera_set_threads");
  const char *(*explain)(int) = dlsym(library, "tessera_message");
  bundle_call *call = calloc(1, sizeof *call);
  call->close = dlsym(library, "tessera_close");
  int status = open(NULL, &call->bundle);
  if (status == 0 && threads > 0) status = set_threads(call->bundle, threads);
  if (status) {
    snprintf(message, (size_t)capacity, "%s", explain(status));
    if (call->bundle) call->close(call->bundle);
    free(call);
    return NULL;
  }
  call->run = dlsym(library, "tessera_run");
  call->prepare = dlsym(library, "tessera_prepare");
  memcpy(call->shape, shape, (size_t)rank * sizeof *shape);
  return call;
}

/* With what it prepared. */
void harness_close(bundle_call *call) {
  call->close(call->bundle);
  free(call);
}

static int run_bundle(const bundle_call *call, const tessera_gemm *g) {
  const void *inputs[] = {g->a, g->b, g->bias};
  return call->run(call->bundle, call->shape, inputs, g->c, NULL) == 0;
}

/* 0 when out of memory: nothing was computed, and the time of the call says nothing. */
static int run_once(void *function, int kind, const tessera_gemm *g, int threads) {
  if (kind == KIND_KERNEL) return tessera_launch(function, g, threads);
  if (kind == KIND_BUNDLE || kind == KIND_PREPARED) return run_bundle(function, g);
  peer_run(function, g);
  return 1;
}

/* ---- weights, as a function takes them ---- */

/* Makes a function ready for a problem, whatever its weights: only peers make anything. The reason where it cannot be, else NULL; finish()
 * comes after either. */
static const char *begin(void *function, int kind, const problem *p) { return kind == KIND_PEER ? peer_begin(function, p) : NULL; }

static void finish(void *function, int kind) {
  if (kind == KIND_PEER) peer_end(function);
}

/* Memory of what was prepared here, and not by a bundle. */
typedef struct {
  guarded checked; /* catches accesses past its end */
  void *panels;    /* where a bundle has them, in large pages; or a peer's */
  const float *weights;
} ready;

/* The weights of a problem for a function that has begun: as they are, or prepared, which a bundle does by itself. The reason where they
 * cannot be, else NULL. */
static const char *ready_open(ready *r, const void *function, int kind, const problem *p, const float *b, int checking) {
  const tessera_gemm_kernel *kernel = function;
  const void *prepared = b;
  memset(r, 0, sizeof *r);
  if (kind == KIND_PREPARED) {
    const bundle_call *call = function;
    if (call->prepare && call->prepare(call->bundle, 1, b, &prepared, NULL)) return OUT_OF_MEMORY;
  } else if (kind == KIND_PEER) {
    const char *why = peer_prepare(function, b, &r->panels);
    if (why) return why;
    if (r->panels) prepared = r->panels;
  } else if (kind == KIND_KERNEL && kernel->panel) {
    const size_t elements = tessera_prepared_elements(p->batch, p->n, p->k, kernel->panel);
    float *panels = checking ? guarded_open(&r->checked, elements) ? r->checked.data : NULL : (r->panels = tessera_prepared_memory(elements));
    if (!panels) return OUT_OF_MEMORY;
    tessera_prepare_weights(b, p->b_is_nk, p->batch, p->n, p->k, kernel->panel, panels);
    prepared = panels;
  }
  r->weights = prepared;
  return NULL;
}

static void ready_close(ready *r) {
  guarded_close(&r->checked);
  free(r->panels);
}

/* Nanoseconds of one tessera_select of a bundle opened by harness_bundle, over shapes that change with every call. */
double harness_select_nanos(const char *path, const bundle_call *call, int rank) {
  enum { SHAPES = 4096, CALLS = 20000000 };
  static int64_t shapes[SHAPES][16];
  int (*select)(const void *, const int64_t *) = dlsym(dlopen(path, RTLD_NOW | RTLD_LOCAL), "tessera_select");
  uint64_t state = 1;
  for (int i = 0; i < SHAPES; i++)
    for (int v = 0; v < rank; v++) shapes[i][v] = 1 + (int64_t)(next_random(&state) % 128);
  volatile int chosen = 0;
  int64_t start = now_nanos();
  for (int i = 0; i < CALLS; i++) chosen = select(call->bundle, shapes[i % SHAPES]);
  (void)chosen;
  return (double)(now_nanos() - start) / CALLS;
}

/* ---- verification ---- */

/* A kernel in so many ranges of parts of unequal length, one after the other and last first, each on its own poisoned scratch. */
static int run_ranges(const tessera_gemm_kernel *kernel, const tessera_gemm *g, int ranges) {
  const int parts = ranges == 1 ? 1 : 3 * ranges;
  float *scratch;
  if (posix_memalign((void **)&scratch, 64, kernel->scratch_bytes + 64)) return 0;
  for (int first, last = parts, i = ranges - 1; i >= 0; i--, last = first) {
    first = i == 0 ? 0 : 3 * i + i % 2;
    memset(scratch, 0xff, kernel->scratch_bytes);
    kernel->run(g, first, last, parts, scratch);
  }
  free(scratch);
  return 1;
}

/* Runs a function on a poisoned output, a kernel in `parts` parts, and compares every element.
 * shape: batch, m, n, k.  kind: b_is_nk, bias, activation.  bound: the numbers of a tessera_bound. */
int harness_verify(void *function, int function_kind, const int64_t *shape, const int32_t *kind, const double *bound, int parts, uint64_t seed,
                   char *message, int capacity) {
  const problem p = problem_of(shape, kind);
  check *x = check_for(&p, seed, (tessera_bound){bound[0], bound[1], bound[2]});
  if (!x) {
    snprintf(message, (size_t)capacity, "out of memory while verifying");
    return CHECK_FAILED;
  }
  const int64_t count = p.batch * p.m * p.n;
  memset(x->c.data, 0xff, (size_t)count * sizeof(float));
  ready r = {.weights = NULL};
  const char *why = begin(function, function_kind, &p);
  if (!why) why = ready_open(&r, function, function_kind, &p, x->b.data, 1);
  const tessera_gemm g = {p.batch, p.m, p.n, p.k, x->a.data, r.weights, x->bias.data, x->c.data};
  if (!why && !(function_kind == KIND_KERNEL ? run_ranges(function, &g, parts) : run_once(function, function_kind, &g, parts)))
    why = OUT_OF_MEMORY;
  ready_close(&r);
  finish(function, function_kind);
  if (why) {
    snprintf(message, (size_t)capacity, "%s while verifying", why);
    return CHECK_FAILED;
  }
  for (int64_t i = 0; i < count; i++)
    if (!(fabs((double)x->c.data[i] - x->expected[i]) <= x->allowed[i])) {
      snprintf(message, (size_t)capacity,
               "batch %lld m %lld n %lld k %lld in %d parts: element [%lld, %lld, %lld] is %.9g, should be %.9g within %.3g",
               (long long)p.batch, (long long)p.m, (long long)p.n, (long long)p.k, parts, (long long)(i / (p.m * p.n)),
               (long long)(i / p.n % p.m), (long long)(i % p.n), (double)x->c.data[i], x->expected[i], x->allowed[i]);
      return CHECK_INCORRECT;
    }
  return CHECK_OK;
}

/* ---- timing ---- */

typedef struct {
  guarded a, b, bias, c;
  int64_t copies; /* of b, for cold weights */
} operands;

static int operands_open(operands *o, const problem *p, int64_t rotate_bytes) {
  memset(o, 0, sizeof *o);
  const int64_t cb = p->batch * p->n * p->k;
  o->copies = rotate_bytes > 0 ? rotate_bytes / (cb * 4) + 1 : 1;
  const size_t ca = (size_t)(p->batch * p->m * p->k), cc = (size_t)(p->batch * p->m * p->n);
  if (!guarded_open(&o->a, ca) || !guarded_open(&o->b, (size_t)(cb * o->copies)) || !guarded_open(&o->bias, (size_t)p->n) ||
      !guarded_open(&o->c, cc))
    return 0;
  fill_normal(o->a.data, ca, 1);
  fill_normal(o->b.data, (size_t)cb, 2);
  for (int64_t i = 1; i < o->copies; i++) memcpy(o->b.data + i * cb, o->b.data, (size_t)cb * 4);
  fill_normal(o->bias.data, (size_t)p->n, 3);
  memset(o->c.data, 0, cc * 4);
  return 1;
}

static void operands_close(operands *o) {
  guarded_close(&o->a), guarded_close(&o->b), guarded_close(&o->bias), guarded_close(&o->c);
}

static struct {
  pthread_t thread;
  clockid_t clock;
  _Atomic int on;
} spinner;

/* Of all threads but the spinner. */
static int64_t process_nanos(void) {
  struct timespec t, s = {0, 0};
  if (spinner.on) clock_gettime(spinner.clock, &s);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (t.tv_sec - s.tv_sec) * 1000000000LL + t.tv_nsec - s.tv_nsec;
}

static void *spin(void *argument) {
  while (atomic_load_explicit(&spinner.on, memory_order_relaxed)) tessera_relax();
  return argument;
}

/* Starts or ends a thread that spins, as idle threads of other libraries do. */
void harness_spin(int on) {
  if (on == atomic_exchange(&spinner.on, on)) return;
  if (!on)
    pthread_join(spinner.thread, NULL);
  else if (pthread_create(&spinner.thread, NULL, spin, NULL))
    atomic_store(&spinner.on, 0);
  else
    pthread_getcpuclockid(spinner.thread, &spinner.clock);
}

enum { SETTLE_NANOS = 300000000, SETTLE_STEP_NANOS = 2000000 };

/* Threads of thread pools spin for a while after a call (OpenBLAS's 100 ms, OpenMP's a few ms or for ever) and would take cores from
 * the next function: waits until all other threads of this process sleep, but no longer than SETTLE_NANOS. Returns whether they do. */
int harness_settle(void) {
  const struct timespec step = {0, SETTLE_STEP_NANOS};
  const int64_t start = now_nanos();
  while (now_nanos() - start < SETTLE_NANOS) {
    const int64_t before = process_nanos();
    nanosleep(&step, NULL);
    if (process_nanos() - before < SETTLE_STEP_NANOS / 10) return 1; /* the nap itself takes some 20 us */
  }
  return 0;
}

/* How long this process's threads have been ready to run while others had the cores; 0 where the kernel does not tell. */
static int64_t waited_nanos(void) {
  char path[300];
  int64_t sum = 0;
  DIR *tasks = opendir("/proc/self/task");
  if (!tasks) return 0;
  for (struct dirent *task; (task = readdir(tasks));) {
    long long ran, waited;
    snprintf(path, sizeof path, "/proc/self/task/%s/schedstat", task->d_name);
    FILE *file = task->d_name[0] == '.' ? NULL : fopen(path, "r");
    if (!file) continue;
    if (fscanf(file, "%lld %lld", &ran, &waited) == 2) sum += waited;
    fclose(file);
  }
  closedir(tasks);
  return sum;
}

/* What is timed: a function, and the weights as it takes them, one for each copy of them. */
typedef struct {
  void *function;
  int kind;
  ready *ready;
} timed;

static void timed_close(timed *f, int64_t copies) {
  for (int64_t i = 0; f->ready && i < copies; i++) ready_close(&f->ready[i]);
  free(f->ready);
  finish(f->function, f->kind);
}

/* The reason where it cannot be, else NULL; timed_close() comes after either. */
static const char *timed_open(timed *f, void *function, int kind, const problem *p, const operands *o) {
  *f = (timed){function, kind, calloc((size_t)o->copies, sizeof *f->ready)};
  const char *why = f->ready ? begin(function, kind, p) : OUT_OF_MEMORY;
  for (int64_t i = 0; !why && i < o->copies; i++)
    why = ready_open(&f->ready[i], function, kind, p, o->b.data + i * p->batch * p->n * p->k, 0);
  return why;
}

/* How it is timed. */
typedef struct {
  problem p;
  operands o;
  tessera_gemm gemm;
  int64_t copy; /* of the weights, last used */
  int64_t block, probe;
  int threads, alone;
  int failed; /* some call computed nothing */
} timing;

static void call(timing *t, const timed *f) {
  t->gemm.b = f->ready[t->copy].weights;
  if (!run_once(f->function, f->kind, &t->gemm, t->threads)) t->failed = 1;
}

static double timed_block(timing *t, const timed *f) {
  int64_t calls = 0, start = now_nanos(), stop;
  do {
    t->copy = (t->copy + 1) % t->o.copies;
    call(t, f);
    calls++;
    stop = now_nanos();
  } while (stop - start < t->block);
  return (double)(stop - start) / (double)calls;
}

/* Back into the caches, and every thread of a pool awake on a core of its own. */
static void warm_up(timing *t, const timed *f) {
  const int64_t until = now_nanos() + (t->threads > 1 ? t->block / 5 : 0);
  do call(t, f);
  while (now_nanos() < until);
}

/* One block of a function, which is at a pulse, between two probes. It is timed again, MOST_TRIES times in all at most, where the probes differ,
 * since somebody else took the core from one of them, or, with several threads among several functions, where somebody took it from the
 * block. The least disturbed one counts. The speed may really have changed over a block of few long calls, which is not timed again. */
static void measure(timing *t, const timed *f, int pulse, int needs_warming, double *sample, double *speed) {
  enum { MOST_TRIES = 4, LONG = 10 };
  const double tolerated = 0.03; /* probes beside nine of ten blocks are closer, on a machine that does other things too */
  const int together = t->threads > 1 && !t->alone, watched = together && !spinner.on;
  double least = INFINITY;
  int64_t took = 0;
  for (int tries = 0; tries < MOST_TRIES && least > tolerated && took < LONG * t->block; tries++) {
    pulse_at(pulse);
    if (together) harness_settle();
    const double before = harness_probe(t->probe);
    if (needs_warming) warm_up(t, f);
    const int64_t start = now_nanos(), waited = watched ? waited_nanos() : 0;
    const double nanos = timed_block(t, f);
    took = now_nanos() - start;
    const double lost = watched ? (double)(waited_nanos() - waited) / (double)took : 0;
    const double after = harness_probe(t->probe), drift = fabs(after - before) / fmax(after, before);
    const double disturbed = fmax(lost, drift);
    if (disturbed >= least) continue;
    least = disturbed, *sample = nanos, *speed = (before + after) / 2;
  }
}

static void time_all(timing *t, const timed *all, int count, int64_t rounds, double *samples, double *probes) {
  harness_settle(); /* threads of an earlier timing */
  /* A call that fills a block of its own warms the caches while it is timed. */
  int needs_warming[count];
  for (int i = 0; i < count; i++) {
    pulse_at(i);
    int64_t start = now_nanos();
    call(t, &all[i]);
    needs_warming[i] = now_nanos() - start < t->block;
  }
  for (int64_t at = 0; at < rounds * count; at++) {
    const int i = (int)(at % count);
    measure(t, &all[i], i, needs_warming[i], &samples[at], &probes[at]);
  }
}

/* Times `count` functions on one problem, interleaved block by block so that drift hits all alike.
 *
 * policy: rounds, nanoseconds of a block, nanoseconds of a probe, bytes to rotate the weights over (0: warm), threads
 * samples[round * count + i]: nanoseconds of one call; probes[round * count + i]: mean GFLOP/s of the core just before
 * and just after that block. TIME_FAILED with a message, by the function at the pulse where one_failed. */
int harness_time(int count, void **functions, const int32_t *kinds, const int64_t *shape, const int32_t *kind, const int64_t *policy,
                 double *samples, double *probes, int32_t *one_failed, char *message, int capacity) {
  timing t = {.p = problem_of(shape, kind), .block = policy[1], .probe = policy[2], .threads = (int)policy[4], .alone = count == 1};
  const char *why = operands_open(&t.o, &t.p, policy[3]) ? NULL : OUT_OF_MEMORY;
  t.gemm = (tessera_gemm){t.p.batch, t.p.m, t.p.n, t.p.k, t.o.a.data, t.o.b.data, t.o.bias.data, t.o.c.data};
  timed all[count];
  int opened = 0;
  for (; opened < count && !why; opened++) {
    pulse_at(opened);
    why = timed_open(&all[opened], functions[opened], kinds[opened], &t.p, &t.o);
  }
  *one_failed = why && why != OUT_OF_MEMORY;
  if (!why) time_all(&t, all, count, policy[0], samples, probes);
  while (opened-- > 0) timed_close(&all[opened], t.o.copies);
  operands_close(&t.o);
  if (!why && t.failed) why = OUT_OF_MEMORY;
  if (why) snprintf(message, (size_t)capacity, "%s while timing", why);
  return why ? TIME_FAILED : TIME_OK;
}

/* Nanoseconds of single calls, each after a rest; 0, or 1 when out of memory. */
int harness_calls(void *function, int function_kind, const int64_t *shape, const int32_t *kind, int threads, int64_t rest, int calls,
                  double *nanos) {
  const struct timespec pause = {rest / 1000000000, rest % 1000000000};
  timing t = {.p = problem_of(shape, kind), .block = 10000000, .threads = threads};
  if (!operands_open(&t.o, &t.p, 0)) {
    operands_close(&t.o);
    return 1;
  }
  t.gemm = (tessera_gemm){t.p.batch, t.p.m, t.p.n, t.p.k, t.o.a.data, t.o.b.data, t.o.bias.data, t.o.c.data};
  timed f;
  t.failed = timed_open(&f, function, function_kind, &t.p, &t.o) != NULL;
  if (!t.failed) warm_up(&t, &f);
  for (int i = 0; i < calls && !t.failed; i++) {
    if (rest > 0) nanosleep(&pause, NULL);
    const int64_t start = now_nanos();
    call(&t, &f);
    nanos[i] = (double)(now_nanos() - start);
  }
  timed_close(&f, t.o.copies);
  operands_close(&t.o);
  return t.failed;
}
