/* Tensor cores of capability 8.0: all their inline PTX is here. */
#ifndef TESSERA_MATRIX_CUH
#define TESSERA_MATRIX_CUH

#include "copies.cuh"

#ifndef TESSERA_EMULATED
/* Four 8 x 8 matrices of 16-bit elements; lane i gives row i % 8 of matrix i / 8. */
TESSERA_DEVICE void load_matrices(unsigned (&r)[4], const void *row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(row))
               : "memory");
}
TESSERA_DEVICE void load_matrices_transposed(unsigned (&r)[4], const void *row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(row))
               : "memory");
}

/* A float32's bits rounded to the 19 that a tensor core takes. */
TESSERA_DEVICE unsigned tf32_bits(unsigned x) {
  unsigned rounded;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(rounded) : "f"(__uint_as_float(x)));
  return rounded;
}

/* c[16][8] += a[16][k] b[8][k]^T over 32 bytes of k. */
template <int TYPE>
TESSERA_DEVICE void multiply_matrices(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
#define TESSERA_MMA(SHAPE) \
  asm volatile("mma.sync.aligned." SHAPE " {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};" \
               : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3]) \
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1))
  if (TYPE == 0) TESSERA_MMA("m16n8k8.row.col.f32.tf32.tf32.f32");
  if (TYPE == 1) TESSERA_MMA("m16n8k16.row.col.f32.f16.f16.f32");
  if (TYPE == 2) TESSERA_MMA("m16n8k16.row.col.f32.bf16.bf16.f32");
#undef TESSERA_MMA
}
#endif

#endif
