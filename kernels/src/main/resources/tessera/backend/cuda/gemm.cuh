/* What every CUDA matrix-multiplication micro-kernel takes: one contract for dense and batch_matmul.
 *
 *   c[i, r, s] = epilogue(sum over t of a[i, r, t] * b[i, s, t])        B_IS_NK 1: dense, batch_matmul NT
 *   c[i, r, s] = epilogue(sum over t of a[i, r, t] * b[i, t, s])        B_IS_NK 0: batch_matmul NN
 *
 * All operands are contiguous, row-major float32 in device memory. Any positive batch, m, n and k is legal. A
 * micro-kernel is two functions: KERNEL_NAME_aligned, which needs a, b and c aligned to 16 bytes and their rows' lengths to be
 * multiples of 4, and KERNEL_NAME_any, which needs neither. c is never read, and nothing outside the operands is touched.
 *
 * Fixed extents are compiled in: STATIC_M, STATIC_N and STATIC_K are 0 where they vary.
 */
#ifndef TESSERA_GEMM_CUH
#define TESSERA_GEMM_CUH

struct tessera_gemm {
  int batch, m, n, k;
  const float *a;
  const float *b;
  const float *bias; /* n values; read by kernels with a bias epilogue only */
  float *c;
  float *partials;   /* for each block of the grid room for one tile; used where a tile's reduction is shared by blocks */
  unsigned *ready;   /* for each block of the grid a flag, 0 before the launch and after it */
};

/* The same as parameters of a kernel, one by one, so that any caller can pass them. */
#define TESSERA_GEMM_PARAMETERS \
  int batch, int m, int n, int k, const float *a, const float *b, const float *bias, float *c, float *partials, unsigned *ready
#define TESSERA_GEMM_FROM_PARAMETERS {batch, m, n, k, a, b, bias, c, partials, ready}

#endif
