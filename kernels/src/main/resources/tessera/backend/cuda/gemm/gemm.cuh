/* What every CUDA matrix-multiplication micro-kernel takes: one contract for dense and batch_matmul.
 *
 *   c[i, r, s] = epilogue(sum over t of a[i, r, t] * b[i, s, t])        B_IS_NK 1: dense, batch_matmul NT
 *   c[i, r, s] = epilogue(sum over t of a[i, r, t] * b[i, t, s])        B_IS_NK 0: batch_matmul NN
 *
 * All operands are contiguous, row-major, in device memory; a and b of INPUT_TYPE, bias and c of OUTPUT_TYPE (elements.cuh). Any
 * positive batch, m, n and k is legal. A micro-kernel is two functions: KERNEL_NAME_aligned, which needs a and b aligned to 16 bytes
 * and their rows to be whole 16 bytes long, and c aligned where its rows are whole 16 bytes too, and KERNEL_NAME_any, which needs none
 * of this. c is never read, and nothing outside the operands is touched.
 *
 * Fixed extents are compiled in: STATIC_M, STATIC_N and STATIC_K are 0 where they vary.
 */
#ifndef TESSERA_GEMM_CUH
#define TESSERA_GEMM_CUH

#include "../device/elements.cuh"

/* Whether the aligned function may rely on c: n is known to fill whole 16 bytes of the shorter type, by which launchers ask for its
 * alignment. */
constexpr int SHORTER_BYTES = Element<INPUT_TYPE>::BYTES < Element<OUTPUT_TYPE>::BYTES ? Element<INPUT_TYPE>::BYTES : Element<OUTPUT_TYPE>::BYTES;
constexpr bool WHOLE_N = !B_IS_NK || (STATIC_N > 0 && STATIC_N % (16 / SHORTER_BYTES) == 0);

typedef Element<INPUT_TYPE>::bits tessera_input;
typedef Element<OUTPUT_TYPE>::bits tessera_output;

struct tessera_gemm {
  int batch, m, n, k;
  const tessera_input *a;
  const tessera_input *b;
  const tessera_output *bias; /* n values; read by kernels with a bias epilogue only */
  tessera_output *c;
  float *partials;   /* for each block of the grid room for one tile; used where a tile's reduction is shared by blocks */
  unsigned *ready;   /* for each block of the grid a flag, 0 before the launch and after it */
};

/* The same as parameters of a kernel, one by one, so that any caller can pass them. */
#define TESSERA_GEMM_PARAMETERS \
  int batch, int m, int n, int k, const tessera_input *a, const tessera_input *b, const tessera_output *bias, tessera_output *c, \
      float *partials, unsigned *ready
#define TESSERA_GEMM_FROM_PARAMETERS {batch, m, n, k, a, b, bias, c, partials, ready}

#endif
