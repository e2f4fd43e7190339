/* Checks a micro-kernel's library or a bundle against float64 in a process of its own, by the functions of harness.c.
 *
 *   check kernel LIBRARY SYMBOL B_IS_NK BIAS ACTIVATION SEED SHAPE...   SHAPE: batch,m,n,k/BOUND
 *   check bundle LIBRARY RANK B_IS_NK BIAS ACTIVATION SEED SHAPE...      SHAPE: batch,m,n,k,VALUES of the shape variables/BOUND
 *   check prepared ...                                                    the same with prepared weights
 *
 * BOUND: the numbers of a tessera_bound.  * Prints "right", or the first thing that is wrong. */
#include "harness.c"

enum { MOST_NUMBERS = 20, BOUND_NUMBERS = 3, MOST_PARTS = 5, THREADS = 3, CALLERS = 3, CALLS = 6, MESSAGE = 512 };

static char message[MESSAGE];

/* Reads the numbers of a shape up to the slash, and those of its bound behind it. */
static void read_shape(const char *text, int64_t *values, double *bound) {
  char *end = (char *)text;
  for (int i = 0; i < MOST_NUMBERS && *end != '/'; i++) values[i] = strtoll(end + (*end == ','), &end, 10);
  for (int i = 0; i < BOUND_NUMBERS; i++) bound[i] = strtod(end + 1, &end);
}

typedef struct {
  void *function;
  int kind;
  const check *expected;
  int64_t wrong; /* the first element, or -1 */
} caller;

/* Calls on the pool of threads, one after the other, each into poisoned memory of this caller. */
static void *call_often(void *argument) {
  caller *own = argument;
  const check *x = own->expected;
  const problem *p = &x->p;
  const int64_t count = p->batch * p->m * p->n;
  guarded c = {0};
  own->wrong = guarded_open(&c, (size_t)count) ? -1 : 0;
  ready r;
  if (ready_open(&r, own->function, own->kind, p, x->b.data, 1)) own->wrong = 0;
  const tessera_gemm g = {p->batch, p->m, p->n, p->k, x->a.data, r.weights, x->bias.data, c.data};
  for (int call = 0; call < CALLS && own->wrong < 0; call++) {
    memset(c.data, 0xff, (size_t)count * sizeof(float));
    run_once(own->function, own->kind, &g, THREADS);
    for (int64_t i = 0; i < count && own->wrong < 0; i++)
      if (!(fabs((double)c.data[i] - x->expected[i]) <= x->allowed[i])) own->wrong = i;
  }
  ready_close(&r);
  guarded_close(&c);
  return NULL;
}

/* Several callers at once, each with several threads. */
static int check_pool(void *function, int kind, const int64_t *shape, const int32_t *how, const double *bound, uint64_t seed) {
  const problem p = problem_of(shape, how);
  caller callers[CALLERS];
  pthread_t threads[CALLERS];
  for (int i = 0; i < CALLERS; i++) {
    callers[i] = (caller){function, kind, check_for(&p, seed, (tessera_bound){bound[0], bound[1], bound[2]}), -1};
    pthread_create(&threads[i], NULL, call_often, &callers[i]);
  }
  for (int i = 0; i < CALLERS; i++) pthread_join(threads[i], NULL);
  for (int i = 0; i < CALLERS; i++)
    if (callers[i].wrong >= 0) {
      snprintf(message, sizeof message, "caller %d on %d threads: element %lld of %lld x %lld x %lld is wrong", i, THREADS,
               (long long)callers[i].wrong, (long long)p.m, (long long)p.n, (long long)p.k);
      return 0;
    }
  return 1;
}

static int check_shape(void *function, int kind, const int64_t *shape, const int32_t *how, const double *bound, uint64_t seed) {
  for (int parts = 1; parts <= (kind == KIND_KERNEL ? MOST_PARTS : 1); parts++)
    if (harness_verify(function, kind, shape, how, bound, parts, seed, message, sizeof message) != CHECK_OK) return 0;
  return check_pool(function, kind, shape, how, bound, seed);
}

int main(int count, char **arguments) {
  const int32_t how[] = {atoi(arguments[4]), atoi(arguments[5]), atoi(arguments[6])};
  const uint64_t seed = strtoull(arguments[7], NULL, 10);
  if (!(harness_probe(1000000) > 0)) return puts("the probe measures no speed"), 1;
  const int kind = !strcmp(arguments[1], "kernel") ? KIND_KERNEL : !strcmp(arguments[1], "bundle") ? KIND_BUNDLE : KIND_PREPARED;
  for (int i = 8; i < count; i++) {
    int64_t shape[MOST_NUMBERS];
    double bound[BOUND_NUMBERS];
    read_shape(arguments[i], shape, bound);
    void *function = kind == KIND_KERNEL ? harness_symbol(arguments[2], arguments[3], message, sizeof message)
                                         : harness_bundle(arguments[2], shape + 4, atoi(arguments[3]), THREADS, message, sizeof message);
    if (!function || !check_shape(function, kind, shape, how, bound, seed)) {
      printf("%s: %s\n", arguments[i], message);
      return 1;
    }
  }
  puts("right");
  return 0;
}
