/* Problems with random operands and their float64 results, kept for the next candidate. Included by harness.c. */

/* One element and the sum of its terms' magnitudes. */
static double reference_element(const float *a, const float *b, int64_t step, int64_t k, double *magnitude) {
  double sum[8] = {0}, size[8] = {0};
  int64_t t = 0;
  for (; t + 8 <= k; t += 8)
    for (int i = 0; i < 8; i++) {
      double product = (double)a[t + i] * (double)b[(t + i) * step];
      sum[i] += product;
      size[i] += fabs(product);
    }
  for (; t < k; t++) {
    double product = (double)a[t] * (double)b[t * step];
    sum[0] += product;
    size[0] += fabs(product);
  }
  for (int i = 1; i < 8; i++) sum[0] += sum[i], size[0] += size[i];
  *magnitude = size[0];
  return sum[0];
}

typedef struct {
  int64_t batch, m, n, k;
  int32_t b_is_nk, bias, activation;
} problem;

#define TESSERA_ALLOWED static
#include "../../operator/allowed.h"

typedef struct {
  problem p;
  uint64_t seed;
  guarded a, b, bias, c;
  double *expected, *allowed;
} check;

#define MOST_CHECKS 8
static check checks[MOST_CHECKS];
static int checks_made, checks_next;

static void make_expected(check *x, tessera_bound bound) {
  const problem *p = &x->p;
  for (int64_t i = 0; i < p->batch; i++)
    for (int64_t r = 0; r < p->m; r++)
      for (int64_t s = 0; s < p->n; s++) {
        const float *a = x->a.data + (i * p->m + r) * p->k, *b = x->b.data + i * p->n * p->k + (p->b_is_nk ? s * p->k : s);
        double magnitude, value = reference_element(a, b, p->b_is_nk ? 1 : p->n, p->k, &magnitude);
        if (p->bias) value += x->bias.data[s], magnitude += fabs((double)x->bias.data[s]);
        int64_t at = (i * p->m + r) * p->n + s;
        x->expected[at] = TESSERA_ACTIVATED(value, p->activation);
        x->allowed[at] = allowed_error(bound, magnitude, x->expected[at]);
      }
}

/* Makes room for another: the oldest goes. */
static void check_close(check *x) {
  guarded_close(&x->a), guarded_close(&x->b), guarded_close(&x->bias), guarded_close(&x->c);
  free(x->expected), free(x->allowed);
  memset(x, 0, sizeof *x);
}

static check *check_for(const problem *p, uint64_t seed, tessera_bound bound) {
  for (int i = 0; i < checks_made; i++)
    if (!memcmp(&checks[i].p, p, sizeof *p) && checks[i].seed == seed) return &checks[i];
  check *x = &checks[checks_next];
  check_close(x);
  x->p = *p;
  x->seed = seed;
  const size_t ca = (size_t)(p->batch * p->m * p->k), cb = (size_t)(p->batch * p->n * p->k), cc = (size_t)(p->batch * p->m * p->n);
  x->expected = malloc(cc * sizeof(double));
  x->allowed = malloc(cc * sizeof(double));
  if (!guarded_open(&x->a, ca) || !guarded_open(&x->b, cb) || !guarded_open(&x->bias, (size_t)p->n) || !guarded_open(&x->c, cc) ||
      !x->expected || !x->allowed) {
    check_close(x); /* or it would be found half made */
    return NULL;
  }
  fill_normal(x->a.data, ca, seed);
  fill_normal(x->b.data, cb, seed + 1);
  fill_normal(x->bias.data, (size_t)p->n, seed + 2);
  make_expected(x, bound);
  checks_next = (checks_next + 1) % MOST_CHECKS;
  if (checks_made < MOST_CHECKS) checks_made++;
  return x;
}

static problem problem_of(const int64_t *shape, const int32_t *kind) {
  problem p;
  memset(&p, 0, sizeof p);
  p.batch = shape[0], p.m = shape[1], p.n = shape[2], p.k = shape[3];
  p.b_is_nk = kind[0], p.bias = kind[1], p.activation = kind[2];
  return p;
}
