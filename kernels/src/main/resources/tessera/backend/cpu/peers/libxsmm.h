/* LIBXSMM, which makes kernels for small products, on weights that were packed once into panels of 64 outputs. Included by harness.c.
 * LIBXSMM, documentation, "libxsmm_mm" (libxsmm_dispatch_gemm). Its own matrices are stored by columns: a panel of weights, [k][outputs], is
 * its first operand, and rows of x are columns of its second. It has kernels and no loop over them, so the loop is here, on Tessera's threads.
 */
enum { XSMM_OUTPUTS = 64, XSMM_ROWS = 64, XSMM_F32 = 1, XSMM_BETA_0 = 4 };

typedef struct {
  int32_t m, n, k, lda, ldb, ldc;
  int32_t first_type, second_type, result_type, inner_type;
} xsmm_shape;

/* Of the parameters of a kernel, those of a plain product are the first pointers of each operand. */
typedef struct {
  void *operation[4], *first[6], *second[6], *result[6];
} xsmm_parameters;

typedef void xsmm_kernel(const xsmm_parameters *);
typedef xsmm_kernel *xsmm_dispatch_function(xsmm_shape, unsigned flags, unsigned prefetch);

enum { XSMM_DISPATCH };

typedef struct {
  xsmm_kernel *kernels[2][2]; /* of whole blocks, and of what is left of the rows, of the outputs */
} xsmm_state;

static int64_t xsmm_blocks(int64_t extent, int64_t block) { return (extent + block - 1) / block; }

static int64_t xsmm_least(int64_t a, int64_t b) { return a < b ? a : b; }

static xsmm_kernel *xsmm_make(const peer *x, int64_t rows, int64_t outputs) {
  const xsmm_shape shape = {(int32_t)outputs, (int32_t)rows, (int32_t)x->p.k, (int32_t)outputs, (int32_t)x->p.k, (int32_t)x->p.n,
                            XSMM_F32, XSMM_F32, XSMM_F32, XSMM_F32};
  return PEER_FUNCTION(xsmm_dispatch_function, x, XSMM_DISPATCH)(shape, XSMM_BETA_0, 0);
}

static const char *xsmm_begin(peer *x) {
  xsmm_state *s = x->state = calloc(1, sizeof *s);
  if (!s) return "out of memory";
  const int64_t rows[] = {XSMM_ROWS, x->p.m % XSMM_ROWS}, outputs[] = {XSMM_OUTPUTS, x->p.n % XSMM_OUTPUTS};
  for (int r = 0; r < 2; r++)
    for (int o = 0; o < 2; o++) {
      if (rows[r] == 0 || outputs[o] == 0 || rows[r] > x->p.m || outputs[o] > x->p.n) continue;
      s->kernels[r][o] = xsmm_make(x, rows[r], outputs[o]);
      if (!s->kernels[r][o]) return "LIBXSMM makes no kernel for it";
    }
  return NULL;
}

static void xsmm_end(peer *x) { free(x->state); }

static size_t xsmm_packed_bytes(const peer *x) { return (size_t)peer_weights(x) * sizeof(float); }

static const char *xsmm_pack(const peer *x, const float *b, float *packed) {
  const int64_t n = x->p.n, k = x->p.k;
  for (int64_t first = 0; first < n; first += XSMM_OUTPUTS) {
    const int64_t outputs = xsmm_least(XSMM_OUTPUTS, n - first);
    for (int64_t t = 0; t < k; t++)
      for (int64_t j = 0; j < outputs; j++) *packed++ = x->p.b_is_nk ? b[(first + j) * k + t] : b[t * n + first + j];
  }
  return NULL;
}

typedef struct {
  const peer *x;
  const float *a, *b;
  float *c;
} xsmm_call;

/* Some of all blocks, which are counted along the rows first, so that a panel of weights serves all of them. */
static void xsmm_part(const void *context, int first, int last, int parts, float *scratch) {
  const xsmm_call *call = context;
  const problem *p = &call->x->p;
  const xsmm_state *s = call->x->state;
  const int64_t tall = xsmm_blocks(p->m, XSMM_ROWS), blocks = tall * xsmm_blocks(p->n, XSMM_OUTPUTS);
  for (int64_t i = blocks * first / parts; i < blocks * last / parts; i++) {
    const int64_t row = i % tall * XSMM_ROWS, output = i / tall * XSMM_OUTPUTS;
    xsmm_parameters of = {.first = {(void *)(call->b + output * p->k)},
                          .second = {(void *)(call->a + row * p->k)},
                          .result = {call->c + row * p->n + output}};
    s->kernels[p->m - row < XSMM_ROWS][p->n - output < XSMM_OUTPUTS](&of);
  }
}

static void xsmm_run(const peer *x, const float *a, const float *b, float *c) {
  const xsmm_call call = {x, a, b, c};
  const double cycles = (double)x->p.m * (double)x->p.n * (double)x->p.k / LANES;
  if (!tessera_parallel(xsmm_part, &call, cycles, x->threads, 1, PEER_ALIGNMENT)) xsmm_part(&call, 0, 1, 1, NULL); /* no scratch is needed */
}

static const adapter libxsmm_prepared = {
    .name = "libxsmm-prepared",
    .symbols = {"libxsmm_dispatch_gemm"},
    .begin = xsmm_begin,
    .packed_bytes = xsmm_packed_bytes,
    .pack = xsmm_pack,
    .run = xsmm_run,
    .end = xsmm_end,
};
