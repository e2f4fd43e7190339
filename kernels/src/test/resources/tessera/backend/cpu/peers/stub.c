/* The public interfaces of the libraries that Tessera is compared with, over one plain product. Written for these tests.
 *
 * Weights that are prepared get a mark in front, without which a product on them ends the process: whoever forgets to prepare a copy of the
 * weights, or finds a wrong one, is seen. -DWRONG spoils the last element of every product; -DDEADLY ends the process that loads it,
 * -DBLAS_ALONE leaves all but BLAS out, and -DHANDLER makes it set a handler of SIGSEGV, beside which its products end the process.
 */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARK 1234567.0f

#ifdef DEADLY
__attribute__((constructor)) static void die(void) { abort(); }
#endif

static void handle(int signal) { _Exit(signal); }

__attribute__((constructor)) static void set_handler(void) {
#ifdef HANDLER
  signal(SIGSEGV, handle);
#endif
}

static void need_other_handler(void) {
  struct sigaction now;
  if (sigaction(SIGSEGV, NULL, &now) || now.sa_handler == handle) abort();
}

/* y[m,n] = x[m,k] w; element (t, j) of w at w[t * by_k + j * by_n]. */
static void product(int64_t m, int64_t n, int64_t k, const float *x, const float *w, int64_t by_k, int64_t by_n, float *y, int64_t ldy) {
  need_other_handler();
  for (int64_t i = 0; i < m; i++)
    for (int64_t j = 0; j < n; j++) {
      double sum = 0;
      for (int64_t t = 0; t < k; t++) sum += (double)x[i * k + t] * w[t * by_k + j * by_n];
      y[i * ldy + j] = (float)sum;
    }
#ifdef WRONG
  y[(m - 1) * ldy + n - 1] += 1;
#endif
}

static void prepare(int64_t n, int64_t k, const float *w, int64_t by_k, int64_t by_n, float *packed) {
  *packed++ = MARK;
  for (int64_t t = 0; t < k; t++)
    for (int64_t j = 0; j < n; j++) *packed++ = w[t * by_k + j * by_n];
}

static void prepared_product(int64_t m, int64_t n, int64_t k, const float *x, const float *packed, float *y) {
  if (*packed != MARK) abort();
  product(m, n, k, x, packed + 1, n, 1, y, n);
}

static size_t prepared_bytes(int64_t n, int64_t k) { return (size_t)(n * k + 1) * sizeof(float); }

/* ---- BLAS, OpenBLAS and MKL ---- */

static int threads;

static void need_threads(void) {
  if (THREADS && threads != THREADS) abort();
}

void cblas_sgemm(int order, int xt, int wt, int m, int n, int k, float alpha, const float *x, int ldx, const float *w, int ldw, float beta,
                 float *y, int ldy) {
  need_threads();
  if (order != 101 || xt != 111 || alpha != 1 || ldx != k || beta != 0 || ldy != n) abort();
  product(m, n, k, x, w, wt == 112 ? 1 : ldw, wt == 112 ? ldw : 1, y, n);
}

#ifndef BLAS_ALONE
void openblas_set_num_threads(int count) { threads = count; }

char *openblas_get_config(void) { return "OpenBLAS 1.2.3 STUB"; }

void MKL_Set_Num_Threads(int count) { threads = count; }

void MKL_Get_Version_String(char *text, int length) { snprintf(text, (size_t)length, "A Math Kernel Library Version 2030.4-Product Build 0"); }

size_t cblas_sgemm_pack_get_size(int which, int m, int n, int k) { return which == 162 && m > 0 ? prepared_bytes(n, k) : 0; }

void cblas_sgemm_pack(int order, int which, int wt, int m, int n, int k, float alpha, const float *w, int ldw, float *packed) {
  if (order != 101 || which != 162 || m < 1 || alpha != 1) abort();
  prepare(n, k, w, wt == 112 ? 1 : ldw, wt == 112 ? ldw : 1, packed);
}

void cblas_sgemm_compute(int order, int xt, int wt, int m, int n, int k, const float *x, int ldx, const float *w, int ldw, float beta, float *y,
                         int ldy) {
  need_threads();
  if (order != 101 || xt != 111 || wt != 151 || ldx != k || beta != 0 || ldy != n) abort();
  prepared_product(m, n, k, x, w, y);
}

/* ---- AOCL-DLP ---- */

void dlp_version_query(int *major, int *minor, int *patch) { *major = 9, *minor = 8, *patch = 7; }

void dlp_thread_set_num_threads(int64_t count) { threads = (int)count; }

uint64_t aocl_get_reorder_buf_size_f32f32f32of32(char order, char wt, char which, int64_t k, int64_t n, void *metadata) {
  return order == 'r' && which == 'B' && !metadata && (wt == 't' || wt == 'n') ? prepared_bytes(n, k) : 0;
}

void aocl_reorder_f32f32f32of32(char order, char wt, char which, const float *w, float *packed, int64_t k, int64_t n, int64_t ldw, void *metadata) {
  if (order != 'r' || which != 'B' || metadata) abort();
  prepare(n, k, w, wt == 't' ? 1 : ldw, wt == 't' ? ldw : 1, packed);
}

void aocl_gemm_f32f32f32of32(char order, char xt, char wt, int64_t m, int64_t n, int64_t k, float alpha, const float *x, int64_t ldx, char x_form,
                             const float *w, int64_t ldw, char w_form, float beta, float *y, int64_t ldy, void *metadata) {
  need_threads();
  if (order != 'r' || xt != 'n' || alpha != 1 || ldx != k || x_form != 'n' || beta != 0 || ldy != n || metadata) abort();
  if (w_form == 'r')
    prepared_product(m, n, k, x, w, y);
  else
    product(m, n, k, x, w, wt == 't' ? 1 : ldw, wt == 't' ? ldw : 1, y, n);
}

/* ---- LIBXSMM: as many kernels at a time as one problem needs ---- */

typedef struct {
  int32_t m, n, k, lda, ldb, ldc, types[4];
} xsmm_shape;

typedef struct {
  void *operation[4], *first[6], *second[6], *result[6];
} xsmm_parameters;

static xsmm_shape shapes[4];
static int latest;

/* Stored by columns: the first operand is a panel of weights, [k][outputs]. */
static void xsmm(const xsmm_shape *s, const xsmm_parameters *p) {
  if (s->ldb != s->k) abort();
  product(s->n, s->m, s->k, p->second[0], p->first[0], s->lda, 1, p->result[0], s->ldc);
}

#define KERNEL(i) \
  static void kernel##i(const xsmm_parameters *p) { xsmm(&shapes[i], p); }
KERNEL(0) KERNEL(1) KERNEL(2) KERNEL(3)

void *libxsmm_dispatch_gemm(xsmm_shape shape, unsigned flags, unsigned prefetch) {
  static void *const kernels[] = {kernel0, kernel1, kernel2, kernel3};
  for (int i = 0; i < 4; i++)
    if (shape.types[i] != 1) return NULL;
  if (flags != 4 || prefetch) return NULL;
  set_handler();
  latest = (latest + 1) % 4;
  shapes[latest] = shape;
  return kernels[latest];
}

/* ---- oneDNN: matrices of two dimensions, and two primitives ---- */

enum { ANY_FORMAT = -1 };

typedef struct {
  int64_t rows, columns, by_row, by_column; /* by_row ANY_FORMAT: prepared */
} description;

typedef struct {
  int is_matmul;
  description source, weights, destination;
} operation;

typedef struct {
  const description *of;
  float *data;
} memory;

typedef struct {
  int name;
  memory *of;
} argument;

static const struct {
  int major, minor, patch;
} version = {7, 6, 5};

const void *dnnl_version(void) { return &version; }

int dnnl_engine_create(void **engine, int kind, size_t index) { return *engine = malloc(1), kind != 1 || index != 0; }

int dnnl_stream_create(void **stream, void *engine, unsigned flags) { return *stream = malloc(1), !engine || flags != 1; }

static int describe(void **made, const int64_t *extents, int64_t by_row, int64_t by_column) {
  description *d = *made = malloc(sizeof *d);
  *d = (description){extents[0], extents[1], by_row, by_column};
  return 0;
}

int dnnl_memory_desc_create_with_strides(void **made, int rank, const int64_t *extents, int type, const int64_t *strides) {
  return rank != 2 || type != 3 || describe(made, extents, strides[0], strides[1]);
}

int dnnl_memory_desc_create_with_tag(void **made, int rank, const int64_t *extents, int type, int tag) {
  return rank != 2 || type != 3 || tag != 1 || describe(made, extents, ANY_FORMAT, ANY_FORMAT);
}

size_t dnnl_memory_desc_get_size(const description *d) { return prepared_bytes(d->columns, d->rows); }

int dnnl_matmul_primitive_desc_create(void **made, void *engine, const description *source, const description *weights, const void *bias,
                                      const description *destination, const void *attributes) {
  operation *o = *made = malloc(sizeof *o);
  *o = (operation){1, *source, *weights, *destination};
  return !engine || bias || attributes;
}

int dnnl_reorder_primitive_desc_create(void **made, const description *from, void *engine, const description *to, void *other,
                                       const void *attributes) {
  operation *o = *made = malloc(sizeof *o);
  *o = (operation){0, *from, *to, *to};
  return !engine || !other || attributes || to->by_row != ANY_FORMAT;
}

const void *dnnl_primitive_desc_query_md(const operation *o, int what, int index) { return what == 131 && index == 0 ? &o->weights : NULL; }

int dnnl_primitive_create(void **made, const operation *o) {
  memcpy(*made = malloc(sizeof *o), o, sizeof *o);
  return 0;
}

int dnnl_memory_create(void **made, const description *of, void *engine, float *data) {
  memory *m = *made = malloc(sizeof *m);
  *m = (memory){of, data};
  return !engine;
}

int dnnl_memory_set_data_handle(memory *m, float *data) { return m->data = data, 0; }

static float *operand(const argument *arguments, int count, int name) {
  for (int i = 0; i < count; i++)
    if (arguments[i].name == name) return arguments[i].of->data;
  abort();
}

int dnnl_primitive_execute(const operation *o, void *stream, int count, const argument *arguments) {
  const float *x = operand(arguments, count, 1);
  float *y = operand(arguments, count, 17);
  if (!stream) abort();
  if (!o->is_matmul) {
    prepare(o->source.columns, o->source.rows, x, o->source.by_row, o->source.by_column, y);
    return 0;
  }
  const float *w = operand(arguments, count, 33);
  const int64_t m = o->source.rows, k = o->source.columns, n = o->weights.columns;
  if (o->source.by_row != k || o->destination.by_row != n) abort();
  if (o->weights.by_row == ANY_FORMAT)
    prepared_product(m, n, k, x, w, y);
  else
    product(m, n, k, x, w, o->weights.by_row, o->weights.by_column, y, n);
  return 0;
}

int dnnl_stream_wait(void *stream) { return !stream; }

static int destroy(void *object) { return free(object), 0; }

int dnnl_engine_destroy(void *object) { return destroy(object); }
int dnnl_stream_destroy(void *object) { return destroy(object); }
int dnnl_memory_desc_destroy(void *object) { return destroy(object); }
int dnnl_primitive_desc_destroy(void *object) { return destroy(object); }
int dnnl_primitive_destroy(void *object) { return destroy(object); }
int dnnl_memory_destroy(void *object) { return destroy(object); }
#endif
