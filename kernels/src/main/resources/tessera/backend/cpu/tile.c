/* What every instantiation of a template starts with: its names, its vectors, and the way from a finished register tile
 * to c. Needs KERNEL_NAME, LANES, EPILOGUE_BIAS and EPILOGUE_FUNCTION (see gemm.c). */

_Static_assert(LANES == 4 || LANES == 8 || LANES == 16, "LANES is a power of two from 4 to 16");

#define NAME(x) TESSERA_JOIN(KERNEL_NAME, x)

typedef float NAME(vector) __attribute__((vector_size(LANES * 4)));
typedef float NAME(unaligned) __attribute__((vector_size(LANES * 4), aligned(4)));
typedef int32_t NAME(indices) __attribute__((vector_size(LANES * 4)));

/* The perfect shuffle of two vectors: low gives a0 b0 a1 b1 ..., high goes on where low ended. */
TESSERA_INLINE NAME(vector) NAME(zip)(NAME(vector) a, NAME(vector) b, int high) {
  NAME(indices) order;
  for (int i = 0; i < LANES; i++) order[i] = (high ? LANES / 2 : 0) + i / 2 + (i % 2) * LANES;
  return __builtin_shuffle(a, b, order);
}

/* Writes rows x columns of a finished tile; the first panel of the reduction overwrites, later ones add. */
TESSERA_INLINE void NAME(write)(
    const float *tile, int tile_row, int64_t rows, int64_t columns, float *c, int64_t c_row, const float *bias, int first, int last) {
  for (int64_t r = 0; r < rows; r++) {
    const float *from = tile + r * tile_row;
    float *to = c + r * c_row;
    if (first && last) {
#pragma GCC ivdep
      for (int64_t s = 0; s < columns; s++) {
        float x = from[s];
#if EPILOGUE_BIAS
        x += bias[s];
#endif
        x = EPILOGUE_FUNCTION(x);
        to[s] = x;
      }
    } else {
#pragma GCC ivdep
      for (int64_t s = 0; s < columns; s++) {
        float x = first ? from[s] : to[s] + from[s];
#if EPILOGUE_BIAS
        if (last) x += bias[s];
#endif
        if (last) x = EPILOGUE_FUNCTION(x);
        to[s] = x;
      }
    }
  }
}

/* The same for edges, where speed matters less than the time to compile every case. */
static __attribute__((noinline)) void NAME(write_edge)(
    const float *tile, int tile_row, int64_t rows, int64_t columns, float *c, int64_t c_row, const float *bias, int first, int last) {
  NAME(write)(tile, tile_row, rows, columns, c, c_row, bias, first, last);
}
