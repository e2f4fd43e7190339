/* AOCL-DLP, AMD's deep learning primitives, by aocl_gemm_f32f32f32of32, with plain weights and with weights reordered once.
 * Included by harness.c. AOCL-DLP, API guide, "GEMM" and "Matrix Reordering".
 */
typedef void dlp_version_function(int *, int *, int *);
typedef void dlp_set_threads_function(int64_t);
typedef void dlp_gemm_function(char, char, char, int64_t, int64_t, int64_t, float, const float *, int64_t, char, const float *, int64_t, char,
                               float, float *, int64_t, void *);
typedef uint64_t dlp_size_function(char, char, char, int64_t, int64_t, void *);
typedef void dlp_reorder_function(char, char, char, const float *, float *, int64_t, int64_t, int64_t, void *);

enum { DLP_VERSION, DLP_SET_THREADS, DLP_GEMM, DLP_SIZE, DLP_REORDER };

static void dlp_version(const peer *x, char *text, size_t capacity) {
  int major = 0, minor = 0, patch = 0;
  PEER_FUNCTION(dlp_version_function, x, DLP_VERSION)(&major, &minor, &patch);
  snprintf(text, capacity, "%d.%d.%d", major, minor, patch);
}

static void dlp_set_threads(const peer *x) { PEER_FUNCTION(dlp_set_threads_function, x, DLP_SET_THREADS)(x->threads); }

static char dlp_transposed(const peer *x) { return x->p.b_is_nk ? 't' : 'n'; }

static void dlp_call(const peer *x, const float *a, const float *b, float *c, char format) {
  const int64_t m = x->p.m, n = x->p.n, k = x->p.k;
  PEER_FUNCTION(dlp_gemm_function, x, DLP_GEMM)
  ('r', 'n', dlp_transposed(x), m, n, k, 1, a, k, 'n', b, peer_weights_ld(x), format, 0, c, n, NULL);
}

static void dlp_run(const peer *x, const float *a, const float *b, float *c) { dlp_call(x, a, b, c, 'n'); }

static void dlp_run_reordered(const peer *x, const float *a, const float *b, float *c) { dlp_call(x, a, b, c, 'r'); }

static size_t dlp_packed_bytes(const peer *x) {
  return PEER_FUNCTION(dlp_size_function, x, DLP_SIZE)('r', dlp_transposed(x), 'B', x->p.k, x->p.n, NULL);
}

static const char *dlp_pack(const peer *x, const float *b, float *packed) {
  PEER_FUNCTION(dlp_reorder_function, x, DLP_REORDER)('r', dlp_transposed(x), 'B', b, packed, x->p.k, x->p.n, peer_weights_ld(x), NULL);
  return NULL;
}

static const adapter aocl_dlp_plain = {
    .name = "aocl-dlp",
    .symbols = {"dlp_version_query", "dlp_thread_set_num_threads", "aocl_gemm_f32f32f32of32"},
    .version = dlp_version,
    .set_threads = dlp_set_threads,
    .run = dlp_run,
};

static const adapter aocl_dlp_prepared = {
    .name = "aocl-dlp-prepared",
    .symbols = {"dlp_version_query", "dlp_thread_set_num_threads", "aocl_gemm_f32f32f32of32", "aocl_get_reorder_buf_size_f32f32f32of32",
                "aocl_reorder_f32f32f32of32"},
    .version = dlp_version,
    .set_threads = dlp_set_threads,
    .packed_bytes = dlp_packed_bytes,
    .pack = dlp_pack,
    .run = dlp_run_reordered,
};
