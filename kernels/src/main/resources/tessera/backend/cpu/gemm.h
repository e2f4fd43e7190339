/* What every CPU matrix-multiplication micro-kernel takes: one contract for dense and batch_matmul.
 *
 *   c[i, r, s] = epilogue(sum over t of a[i, r, t] * b[i, s, t])        B_IS_NK 1: dense, batch_matmul NT
 *   c[i, r, s] = epilogue(sum over t of a[i, r, t] * b[i, t, s])        B_IS_NK 0: batch_matmul NN
 *
 * All operands are contiguous, row-major float32. Any positive batch, m, n and k is legal, no alignment beyond
 * that of a float is assumed, c is never read before it was written, and nothing outside the operands is touched.
 */
#ifndef TESSERA_GEMM_H
#define TESSERA_GEMM_H

#include <stddef.h>
#include <stdint.h>

#define TESSERA_LINE_ELEMENTS 16 /* of a cache line */

typedef struct {
  int64_t batch, m, n, k;
  const float *a;
  const float *b;
  const float *bias; /* n values; read by kernels with a bias epilogue only */
  float *c;
} tessera_gemm;

/* Computes the parts first <= part < last of `parts` equal parts of the output. Ranges that share no part are independent: any order, any
 * thread. scratch: tessera_gemm_kernel.scratch_bytes of memory, aligned to 64 bytes, used by nobody else meanwhile. */
typedef void tessera_gemm_function(const tessera_gemm *gemm, int first, int last, int parts, float *scratch);

typedef struct {
  const char *name;
  tessera_gemm_function *run;
  size_t scratch_bytes;
  int lanes;    /* multiply-adds of one instruction */
  int splits_m; /* 1: parts divide m, 0: parts divide n */
  int unit;     /* rows or columns of the divided extent that no part cuts */
  int packs;    /* 1: every range of parts packs the whole operand that is not divided */
  int panel;    /* columns of the panels that b has to be packed in (prepare.h); 0: it takes b as it is */
} tessera_gemm_kernel;

#endif
