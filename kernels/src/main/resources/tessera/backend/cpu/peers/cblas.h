/* OpenBLAS by the C interface of BLAS, and Intel MKL by that and by its packed products. Included by harness.c.
 * https://www.netlib.org/blas/#_cblas; Intel oneMKL, Developer Reference for C, "cblas_?gemm_pack" and "cblas_?gemm_compute".
 */
enum { CBLAS_ROW_MAJOR = 101, CBLAS_PLAIN = 111, CBLAS_TRANSPOSED = 112, CBLAS_PACKED = 151, CBLAS_SECOND = 162 };

typedef void cblas_sgemm_function(
    int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int);
typedef size_t cblas_pack_size_function(int, int, int, int);
typedef void cblas_pack_function(int, int, int, int, int, int, float, const float *, int, float *);
typedef void cblas_compute_function(int, int, int, int, int, int, const float *, int, const float *, int, float, float *, int);
typedef void set_threads_function(int);

enum { CBLAS_SGEMM, CBLAS_SET_THREADS, CBLAS_VERSION, CBLAS_PACK_SIZE, CBLAS_PACK, CBLAS_COMPUTE };

static int cblas_transposed(const peer *x) { return x->p.b_is_nk ? CBLAS_TRANSPOSED : CBLAS_PLAIN; }

static void cblas_set_threads(const peer *x) { PEER_FUNCTION(set_threads_function, x, CBLAS_SET_THREADS)(x->threads); }

static void cblas_run(const peer *x, const float *a, const float *b, float *c) {
  const int m = (int)x->p.m, n = (int)x->p.n, k = (int)x->p.k;
  PEER_FUNCTION(cblas_sgemm_function, x, CBLAS_SGEMM)
  (CBLAS_ROW_MAJOR, CBLAS_PLAIN, cblas_transposed(x), m, n, k, 1, a, k, b, (int)peer_weights_ld(x), 0, c, n);
}

/* The second word of such as "OpenBLAS 0.3.31 DYNAMIC_ARCH NO_AFFINITY". */
static void openblas_version(const peer *x, char *text, size_t capacity) {
  char *(*config)(void) = x->symbols[CBLAS_VERSION];
  char word[64] = "";
  sscanf(config(), "%*s %63s", word);
  snprintf(text, capacity, "%s", word);
}

/* The number in such as "Intel(R) oneAPI Math Kernel Library Version 2026.1-Product Build 20260101 for Intel(R) 64 architecture". */
static void mkl_version(const peer *x, char *text, size_t capacity) {
  void (*version)(char *, int) = x->symbols[CBLAS_VERSION];
  char all[200] = "", word[64] = "";
  version(all, sizeof all - 1);
  const char *at = strstr(all, "Version ");
  if (at) sscanf(at, "Version %63[0-9.]", word);
  snprintf(text, capacity, "%s", word);
}

static size_t mkl_packed_bytes(const peer *x) {
  return PEER_FUNCTION(cblas_pack_size_function, x, CBLAS_PACK_SIZE)(CBLAS_SECOND, (int)x->p.m, (int)x->p.n, (int)x->p.k);
}

static const char *mkl_pack(const peer *x, const float *b, float *packed) {
  PEER_FUNCTION(cblas_pack_function, x, CBLAS_PACK)
  (CBLAS_ROW_MAJOR, CBLAS_SECOND, cblas_transposed(x), (int)x->p.m, (int)x->p.n, (int)x->p.k, 1, b, (int)peer_weights_ld(x), packed);
  return NULL;
}

static void mkl_run_packed(const peer *x, const float *a, const float *b, float *c) {
  const int m = (int)x->p.m, n = (int)x->p.n, k = (int)x->p.k;
  PEER_FUNCTION(cblas_compute_function, x, CBLAS_COMPUTE)
  (CBLAS_ROW_MAJOR, CBLAS_PLAIN, CBLAS_PACKED, m, n, k, a, k, b, (int)peer_weights_ld(x), 0, c, n);
}

static const adapter openblas_plain = {
    .name = "openblas",
    .symbols = {[CBLAS_SGEMM] = "cblas_sgemm", [CBLAS_SET_THREADS] = "openblas_set_num_threads", [CBLAS_VERSION] = "openblas_get_config"},
    .version = openblas_version,
    .set_threads = cblas_set_threads,
    .run = cblas_run,
};

static const adapter mkl_plain = {
    .name = "mkl",
    .symbols = {[CBLAS_SGEMM] = "cblas_sgemm", [CBLAS_SET_THREADS] = "MKL_Set_Num_Threads", [CBLAS_VERSION] = "MKL_Get_Version_String"},
    .version = mkl_version,
    .set_threads = cblas_set_threads,
    .run = cblas_run,
};

static const adapter mkl_prepared = {
    .name = "mkl-prepared",
    .symbols = {[CBLAS_SGEMM] = "cblas_sgemm",
                [CBLAS_SET_THREADS] = "MKL_Set_Num_Threads",
                [CBLAS_VERSION] = "MKL_Get_Version_String",
                [CBLAS_PACK_SIZE] = "cblas_sgemm_pack_get_size",
                [CBLAS_PACK] = "cblas_sgemm_pack",
                [CBLAS_COMPUTE] = "cblas_sgemm_compute"},
    .version = mkl_version,
    .set_threads = cblas_set_threads,
    .packed_bytes = mkl_packed_bytes,
    .pack = mkl_pack,
    .run = mkl_run_packed,
};
