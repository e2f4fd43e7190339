/* The CPU micro-kernel template for few rows: a register tile of dot products, lanes along k, nothing packed.
 *
 * The instantiation defines these constants and includes this file, as for gemm.c:
 *
 *   KERNEL_NAME, LANES, STATIC_M, STATIC_N, STATIC_K, EPILOGUE_BIAS, EPILOGUE_FUNCTION, SPLIT_M   as in gemm.c
 *   TILE_M, TILE_N  register tile: rows of a by rows of b
 *   BLOCK_M         rows of a that b streams by once
 *   BLOCK_K         reduction steps that all columns are multiplied with before the next ones, a multiple of LANES: a's rows of so many
 *                   stay in the L1 cache, where whole rows of a long reduction do not
 *   PREFETCH        1: prefetch rows of b, PREFETCH_VECTORS ahead and into the next tile's
 *   UNROLL          vectors of k per loop iteration
 *
 * b must be [n, k]. The last vector of k is padded locally: it ends where the rows end, and the lanes that were summed
 * before are cleared. Nothing is wasted on rows that are not there, which is what a vector over m does to a small m: the
 * rows of a block are shared among as few tiles as can hold them, of nearly equal sizes. Columns that fill no tile are
 * computed one by one, in whole tiles of rows and single ones.
 */
#include "kernel.h"

_Static_assert(TILE_M >= 1 && TILE_M <= 8, "TILE_M is 1 to 8");
_Static_assert(TILE_N >= 1 && TILE_N <= 16, "TILE_N is 1 to 16");
_Static_assert(BLOCK_M % TILE_M == 0, "BLOCK_M is a multiple of the register tile");
_Static_assert(BLOCK_K % LANES == 0, "BLOCK_K is a multiple of a vector");
_Static_assert(B_IS_NK, "dot products need b as [n, k]");

#include "tile.c"

#define PREFETCH_VECTORS 16

/* The operands of one matrix, and the reduction steps that are summed now. */
typedef struct {
  const float *a, *b, *bias;
  float *c;
  int64_t m, n, k;
  int64_t from, depth;
} NAME(matrix);

/* One vector of two: each has half of its lanes added to the other half. The first two stages stay within groups of four lanes, which
 * processors shuffle faster than whole vectors. Of lanes a0 to a3 and b0 to b3, stage 1 makes a0+a2 b0+b2 a1+a3 b1+b3, and stage 2 of two
 * such vectors the sums of their four groups. Later stages add even groups of a and of b to odd ones. */
TESSERA_INLINE NAME(vector) NAME(fold)(NAME(vector) a, NAME(vector) b, int stage) {
  NAME(indices) low, high;
  for (int l = 0; l < LANES; l++) {
    const int group = l / 4 * 4, i = l % 4;
    if (stage == 1)
      low[l] = group + i / 2 + i % 2 * LANES, high[l] = low[l] + 2;
    else if (stage == 2)
      low[l] = group + i % 2 + i / 2 * LANES, high[l] = low[l] + 2;
    else
      low[l] = group * 2 % LANES + i + group * 2 / LANES * LANES, high[l] = low[l] + 4;
  }
  return __builtin_shuffle(a, b, low) + __builtin_shuffle(a, b, high);
}

/* Sums of the lanes of `count` vectors, of LANES of them at a time: log2(LANES) stages, each of which leaves half as many vectors. */
TESSERA_INLINE void NAME(sum_lanes)(const NAME(vector) * v, int count, float *sums) {
  const int stages = LANES == 4 ? 2 : LANES == 8 ? 3 : 4;
#pragma GCC unroll 8
  for (int from = 0; from < count; from += LANES) {
    NAME(vector) w[LANES];
    int left = count - from < LANES ? count - from : LANES;
#pragma GCC unroll 16
    for (int i = 0; i < left; i++) w[i] = v[from + i];
#pragma GCC unroll 4
    for (int stage = 1; stage <= stages; stage++, left = (left + 1) / 2)
#pragma GCC unroll 8
      for (int i = 0; i < (left + 1) / 2; i++) w[i] = NAME(fold)(w[2 * i], w[2 * i + 1 < left ? 2 * i + 1 : 2 * i], stage);
    *(NAME(unaligned) *)(sums + from) = w[0];
  }
}

/* acc[i][j] += a[i][t..] * b[j][t..], lane by lane. `rows` and `columns` are constants at every call. */
TESSERA_INLINE void NAME(step)(
    int rows, int columns, const float *a, const float *b, int64_t k, int64_t t, NAME(indices) mask, int masked,
    NAME(vector) acc[TILE_M * TILE_N]) {
  NAME(vector) y[TILE_N];
#pragma GCC unroll 16
  for (int j = 0; j < columns; j++) {
    y[j] = *(const NAME(unaligned) *)(b + j * k + t);
    if (masked) y[j] = (NAME(vector))((NAME(indices))y[j] & mask);
  }
#pragma GCC unroll 8
  for (int i = 0; i < rows; i++) {
    NAME(vector) x = *(const NAME(unaligned) *)(a + i * k + t);
    if (masked) x = (NAME(vector))((NAME(indices))x & mask);
#pragma GCC unroll 16
    for (int j = 0; j < columns; j++) acc[i * columns + j] += x * y[j];
  }
}

/* Sums over whole vectors of the depth; the number of steps that were left out is returned. */
TESSERA_INLINE int64_t NAME(multiply)(
    int rows, int columns, const float *a, const float *b, int64_t k, int64_t depth, NAME(vector) acc[TILE_M * TILE_N]) {
  const NAME(indices) all = {0};
  int64_t t = 0;
  TESSERA_PRAGMA(GCC unroll UNROLL)
  for (; t + LANES <= depth; t += LANES) {
#if PREFETCH
#pragma GCC unroll 16
    for (int j = 0; j < columns; j++) {
      const int64_t ahead = t + PREFETCH_VECTORS * LANES;
      __builtin_prefetch(ahead < depth ? b + j * k + ahead : b + (columns + j) * k + (ahead - depth), 0, 3);
    }
#endif
    NAME(step)(rows, columns, a, b, k, t, all, 0, acc);
  }
  return depth - t;
}

/* A reduction shorter than a vector. */
static __attribute__((noinline)) void NAME(short_sums)(int64_t rows, int64_t columns, const float *a, const float *b, int64_t k, float *sums) {
  for (int64_t i = 0; i < rows; i++)
    for (int64_t j = 0; j < columns; j++) {
      float sum = 0;
      for (int64_t t = 0; t < k; t++) sum += a[i * k + t] * b[j * k + t];
      sums[i * columns + j] = sum;
    }
}

/* rows x columns dot products of the steps that are summed now, from zero to their place in c. */
TESSERA_INLINE void NAME(tile)(int rows, int columns, const NAME(matrix) * x, int64_t r, int64_t s) {
  const int64_t k = STATIC_K > 0 ? STATIC_K : x->k;
  const float *a = x->a + r * k + x->from, *b = x->b + s * k + x->from;
  float sums[TILE_M * TILE_N + LANES] __attribute__((aligned(64)));
  if (k < LANES) {
    NAME(short_sums)(rows, columns, a, b, k, sums);
  } else {
    NAME(vector) acc[TILE_M * TILE_N];
#pragma GCC unroll 64
    for (int i = 0; i < rows * columns; i++) acc[i] = (NAME(vector)){0};
    const int64_t rest = NAME(multiply)(rows, columns, a, b, k, x->depth, acc);
    if (rest) {
      NAME(indices) lane;
      for (int l = 0; l < LANES; l++) lane[l] = l;
      NAME(step)(rows, columns, a, b, k, x->depth - LANES, lane >= (int32_t)(LANES - rest), 1, acc);
    }
    NAME(sum_lanes)(acc, rows * columns, sums);
  }
  float *c = x->c + r * x->n + s;
  const int first = x->from == 0, last = x->from + x->depth == k;
  if (columns == TILE_N)
    NAME(write)(sums, TILE_N, rows, TILE_N, c, x->n, x->bias + s, first, last);
  else
    NAME(write_edge)(sums, columns, rows, columns, c, x->n, x->bias + s, first, last);
}

/* Fewer rows than a tile has. */
static __attribute__((noinline)) void NAME(fewer_rows)(const NAME(matrix) * x, int64_t r, int64_t s, int64_t rows) {
  switch (rows) {
#if TILE_M > 1
    case 1: NAME(tile)(1, TILE_N, x, r, s); break;
#endif
#if TILE_M > 2
    case 2: NAME(tile)(2, TILE_N, x, r, s); break;
#endif
#if TILE_M > 3
    case 3: NAME(tile)(3, TILE_N, x, r, s); break;
#endif
#if TILE_M > 4
    case 4: NAME(tile)(4, TILE_N, x, r, s); break;
#endif
#if TILE_M > 5
    case 5: NAME(tile)(5, TILE_N, x, r, s); break;
#endif
#if TILE_M > 6
    case 6: NAME(tile)(6, TILE_N, x, r, s); break;
#endif
#if TILE_M > 7
    case 7: NAME(tile)(7, TILE_N, x, r, s); break;
#endif
  }
}

/* Fewer columns than a tile has: one by one. */
static __attribute__((noinline)) void NAME(fewer_columns)(const NAME(matrix) * x, int64_t r, int64_t s, int64_t rows, int64_t columns) {
  for (int64_t j = 0; j < columns; j++) {
    int64_t i = 0;
    for (; i + TILE_M <= rows; i += TILE_M) NAME(tile)(TILE_M, 1, x, r + i, s + j);
#if TILE_M > 1
    for (; i < rows; i++) NAME(tile)(1, 1, x, r + i, s + j);
#endif
  }
}

/* Rows r0 to r1, at most BLOCK_M, and columns s0 to s1. */
static void NAME(multiply_block)(const NAME(matrix) * x, int64_t r0, int64_t r1, int64_t s0, int64_t s1) {
  const int64_t height = r1 - r0, tiles = tessera_divide_up(height, TILE_M);
  for (int64_t s = s0; s < s1; s += TILE_N) {
    if (s1 - s < TILE_N) {
      NAME(fewer_columns)(x, r0, s, height, s1 - s);
      continue;
    }
    for (int64_t i = 0, r = r0, rows; i < tiles; i++, r += rows) {
      rows = height / tiles + (i < height % tiles);
      if (rows < TILE_M)
        NAME(fewer_rows)(x, r, s, rows);
      else
        NAME(tile)(TILE_M, TILE_N, x, r, s);
    }
  }
}

static void NAME(multiply_range)(NAME(matrix) x, int64_t r0, int64_t r1, int64_t s0, int64_t s1) {
  for (int64_t r = r0; r < r1; r += BLOCK_M)
    for (x.from = 0; x.from < x.k; x.from += BLOCK_K) {
      x.depth = tessera_min(BLOCK_K, x.k - x.from);
      NAME(multiply_block)(&x, r, tessera_min(r + BLOCK_M, r1), s0, s1);
    }
}

static void NAME(run)(const tessera_gemm *g, int first, int last, int parts, float *scratch) {
  (void)scratch;
  const int64_t m = STATIC_M > 0 ? STATIC_M : g->m, n = STATIC_N > 0 ? STATIC_N : g->n, k = STATIC_K > 0 ? STATIC_K : g->k;
  /* Parts are equal ranges of (matrix, tile along the split axis). */
  const int64_t unit = SPLIT_M ? TILE_M : TILE_N, extent = SPLIT_M ? m : n;
  const int64_t units = tessera_divide_up(extent, unit);
  const int64_t begin = g->batch * units * first / parts, end = g->batch * units * last / parts;
  for (int64_t u = begin; u < end;) {
    const int64_t i = u / units, stop = tessera_min(end, (i + 1) * units);
    const int64_t low = (u - i * units) * unit, high = tessera_min((stop - i * units) * unit, extent);
    const NAME(matrix) x = {g->a + i * m * k, g->b + i * n * k, g->bias, g->c + i * m * n, m, n, k, 0, 0};
    if (SPLIT_M)
      NAME(multiply_range)(x, low, high, 0, n);
    else
      NAME(multiply_range)(x, 0, m, low, high);
    u = stop;
  }
}

const tessera_gemm_kernel KERNEL_NAME = {TESSERA_KERNEL_LABEL, NAME(run), 64, LANES, SPLIT_M, SPLIT_M ? TILE_M : TILE_N, 0};

#undef PREFETCH_VECTORS
#undef NAME
