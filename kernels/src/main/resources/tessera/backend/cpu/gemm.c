/* The CPU micro-kernel template: one register tile, repeated over packed panels, for any positive shape.
 *
 * The instantiation defines these constants and includes this file; it may do so several times in one
 * translation unit, each time with another KERNEL_NAME.
 *
 *   KERNEL_NAME     the identifier of the tessera_gemm_kernel that this instantiation defines
 *   VECTOR_OVER_M   1: vector lanes run along m, 0: along n
 *   LANES           float32 lanes of one vector register
 *   TILE_VECTORS    register tile: vectors along the vector axis ...
 *   TILE_SCALARS    ... by broadcast scalars along the other axis
 *   BLOCK_VECTOR    elements of the vector axis whose packed panel stays in the L2 cache
 *   BLOCK_SCALAR    elements of the scalar axis that one panel is multiplied with before the next panel
 *   BLOCK_K         reduction steps of one panel
 *   PACK_VECTOR     1: the vector operand is always copied to panels, 0: read in place where it is contiguous
 *   PACK_SCALAR     1: the scalar operand is copied to panels, 0: broadcast from where it lies
 *   PREPARED        1: b was packed once for all calls (prepare.h) and is read as it lies there. For VECTOR_OVER_M 0, PACK_VECTOR 0, and
 *                   fixed n and k
 *   PANEL_VECTORS   vectors of a panel of prepared weights, a multiple of TILE_VECTORS: tiles of as many read memory line after line,
 *                   which is fastest where weights are read more than they are multiplied
 *   PREFETCH        1: VECTOR_OVER_M 1: prefetch the next scalar tile while computing this one; VECTOR_OVER_M 0: prefetch the panel,
 *                   PREFETCH_STEPS ahead and into the next one, or where its columns are rows of b, those of the next block to be packed
 *   UNROLL          reduction steps per loop iteration, of tiles of BUSY_SUMS sums and more
 *   SCALAR_INNER    1: the scalar tiles run in the inner loop, 0: the vector tiles do
 *   SPLIT_M         1: parts divide m, 0: parts divide n
 *   STATIC_M, STATIC_N, STATIC_K   the extent where the workload fixes it, else 0
 *   B_IS_NK         1: b is [n, k], 0: b is [k, n]
 *   EPILOGUE_BIAS   1: add bias[n];  EPILOGUE_FUNCTION  what is applied last: tessera_identity, _relu or _gelu (exact, by erf)
 *
 * Edges are padded locally: a partial tile is filled with zeros in the packed panel, computed without predicates,
 * and only its legal part is stored. Rows of VECTOR_OVER_M 0 need no padding: they are shared among as few tiles as can
 * hold them, of nearly equal sizes. (The BLIS papers call the two axes MR and NR; here the names say which of them is
 * vectorised, since either can be m.)
 */
#include "kernel.h"

_Static_assert(TILE_VECTORS >= 1 && TILE_VECTORS <= 8, "TILE_VECTORS is 1 to 8");
_Static_assert(TILE_SCALARS >= 1 && TILE_SCALARS <= 16, "TILE_SCALARS is 1 to 16");
_Static_assert(BLOCK_VECTOR % (TILE_VECTORS * LANES) == 0, "BLOCK_VECTOR is a multiple of the register tile");
_Static_assert(BLOCK_SCALAR % TILE_SCALARS == 0, "BLOCK_SCALAR is a multiple of the register tile");
_Static_assert(!PREPARED || (!VECTOR_OVER_M && !PACK_VECTOR && STATIC_N > 0 && STATIC_K > 0), "prepared weights lie along n, n and k fixed");
_Static_assert(!PREPARED || PANEL_VECTORS % TILE_VECTORS == 0, "a tile lies in one panel of prepared weights");

#define TILE_VECTOR (TILE_VECTORS * LANES)
/* rows of a transposed tile are padded to a power of two */
#define TILE_ROW (TILE_SCALARS <= 1 ? 1 : TILE_SCALARS <= 2 ? 2 : TILE_SCALARS <= 4 ? 4 : TILE_SCALARS <= 8 ? 8 : 16)
#define VECTOR_IS_CONTIGUOUS (!VECTOR_OVER_M && !B_IS_NK)
#define PREFETCH_UNPACKED (PREFETCH && !VECTOR_OVER_M && B_IS_NK && !PREPARED) /* from the last-level cache or memory, while it is idle */
#define SCALAR_K_CONTIGUOUS (!VECTOR_OVER_M || B_IS_NK)
#define PANEL_K (STATIC_K > 0 && STATIC_K < BLOCK_K ? STATIC_K : BLOCK_K)
#define PANEL_COLUMNS (PANEL_VECTORS * LANES)
#define PANEL_ELEMENTS ((int64_t)STATIC_K * PANEL_COLUMNS)
#define PANELS_FOLLOW (PREPARED && TILE_VECTORS == PANEL_VECTORS && STATIC_K <= BLOCK_K) /* the next tile begins where this one ends */
#define PANELS_ELEMENTS (PREPARED ? 0 : (size_t)BLOCK_VECTOR * PANEL_K)
#define PANEL_ROW (PREPARED ? PANEL_COLUMNS : TILE_VECTOR)
#define PREFETCH_STEPS (PREPARED ? 48 * TESSERA_LINE_ELEMENTS / PANEL_COLUMNS : 24) /* 48 lines of prepared weights; else 24 steps */
/* vectors that are computed together where they fill no tile: all that a fixed n leaves */
#define EDGE_VECTORS (STATIC_N % TILE_VECTOR == 0 ? 1 : (STATIC_N % TILE_VECTOR + LANES - 1) / LANES)
/* sums that do not wait for each other and keep the multipliers busy: results of 4 cycles, two a cycle */
#define BUSY_SUMS 8

/* Keeps a vector that was loaded for several uses in a register: compilers load it again for each, where loads are what takes the time. */
#if LANES == 16 && defined(__AVX512F__) || LANES == 8 && defined(__AVX__) || LANES == 4 && defined(__SSE__)
#define IN_REGISTER(vector) __asm__("" : "+v"(vector))
#elif LANES == 4 && defined(__aarch64__)
#define IN_REGISTER(vector) __asm__("" : "+w"(vector))
#else
#define IN_REGISTER(vector) ((void)0)
#endif

#include "tile.c"
#include "pack.c"

/* What a tile prefetches: the panel that follows, or some rows of weights that are packed next, from the column where their panel begins. */
typedef struct {
  const float *data;
  int64_t rows, row;
} NAME(ahead);

TESSERA_INLINE void NAME(clear)(int vectors, int scalars, NAME(vector) acc[TILE_SCALARS][TILE_VECTORS]) {
#pragma GCC unroll 16
  for (int j = 0; j < scalars; j++)
#pragma GCC unroll 8
    for (int v = 0; v < vectors; v++) acc[j][v] = (NAME(vector)){0};
}

/* One reduction step: acc[j][v] += panel[v] * scalar[j]. `vectors` and `scalars` are constants at every call. */
TESSERA_INLINE void NAME(step)(
    int vectors, int scalars, const float *panel, const float *scalar, int64_t row, NAME(vector) acc[TILE_SCALARS][TILE_VECTORS]) {
  NAME(vector) p[TILE_VECTORS];
#pragma GCC unroll 8
  for (int v = 0; v < vectors; v++) {
    p[v] = *(const NAME(unaligned) *)(panel + v * LANES);
    if (scalars > 1) IN_REGISTER(p[v]);
  }
#pragma GCC unroll 16
  for (int j = 0; j < scalars; j++) {
    float s = scalar[j * row];
#pragma GCC unroll 8
    for (int v = 0; v < vectors; v++) acc[j][v] += p[v] * s;
  }
}

/* Brings what is read later: of the panel, or of the one that follows at `next`; of rows that are packed next, one line of one row a step; of
 * the scalar axis, the next tile. */
TESSERA_INLINE void NAME(prefetch)(
    int vectors, int64_t t, int64_t depth, const float *panel, int64_t panel_row, NAME(ahead) next, const float *scalar, int64_t row,
    int64_t step) {
#if PREFETCH_UNPACKED
  const int64_t r = t % TESSERA_LINE_ELEMENTS;
  if (r < next.rows) __builtin_prefetch(next.data + r * (STATIC_K > 0 ? STATIC_K : next.row) + (t - r), 0, 2);
#elif PREFETCH && !VECTOR_OVER_M
  const int64_t ahead = t + PREFETCH_STEPS;
  const float *there = PANELS_FOLLOW || ahead < depth ? panel + ahead * panel_row : next.data + (ahead - depth) * panel_row;
#pragma GCC unroll 8
  for (int e = 0; e < vectors * LANES; e += TESSERA_LINE_ELEMENTS) __builtin_prefetch(there + e, 0, 3);
#elif PREFETCH
  if ((t & 15) == 0)
#pragma GCC unroll 16
    for (int j = 0; j < TILE_SCALARS; j++) __builtin_prefetch(scalar + (TILE_SCALARS + j) * row + t * step, 0, 3);
#endif
}

/* The register kernel: acc[j][v] += panel[t][v] * scalar[j][t] over t, from zero. A tile of few sums adds up even and odd steps apart. */
TESSERA_INLINE void NAME(multiply)(
    int vectors, int scalars, int64_t depth, const float *panel, int64_t panel_row, NAME(ahead) next, const float *scalar, int64_t row,
    int64_t step, NAME(vector) acc[TILE_SCALARS][TILE_VECTORS]) {
  int64_t t = 0;
  NAME(clear)(vectors, scalars, acc);
  if (vectors * scalars < BUSY_SUMS) {
    NAME(vector) odd[TILE_SCALARS][TILE_VECTORS];
    NAME(clear)(vectors, scalars, odd);
    for (; t + 2 <= depth; t += 2) {
      NAME(prefetch)(vectors, t, depth, panel, panel_row, next, scalar, row, step);
      NAME(step)(vectors, scalars, panel + t * panel_row, scalar + t * step, row, acc);
      NAME(prefetch)(vectors, t + 1, depth, panel, panel_row, next, scalar, row, step);
      NAME(step)(vectors, scalars, panel + (t + 1) * panel_row, scalar + (t + 1) * step, row, odd);
    }
#pragma GCC unroll 16
    for (int j = 0; j < scalars; j++)
#pragma GCC unroll 8
      for (int v = 0; v < vectors; v++) acc[j][v] += odd[j][v];
  }
  TESSERA_PRAGMA(GCC unroll UNROLL)
  for (; t < depth; t++) {
    NAME(prefetch)(vectors, t, depth, panel, panel_row, next, scalar, row, step);
    NAME(step)(vectors, scalars, panel + t * panel_row, scalar + t * step, row, acc);
  }
}

/* One register tile of `vectors` vectors by `scalars` scalars, from zero accumulators to its place in c. */
TESSERA_INLINE void NAME(tile)(
    int vectors, int scalars, int64_t depth, const float *panel, int64_t panel_row, NAME(ahead) next, const float *scalar, int64_t row,
    int64_t step, int64_t vector_count, int64_t scalar_count, float *c, int64_t c_row, const float *bias, int first, int last) {
  NAME(vector) acc[TILE_SCALARS][TILE_VECTORS];
  NAME(multiply)(vectors, scalars, depth, panel, panel_row, next, scalar, row, step, acc);
#if VECTOR_OVER_M
  float tile[TILE_VECTOR * TILE_ROW] __attribute__((aligned(64)));
#pragma GCC unroll 8
  for (int v = 0; v < vectors; v++) {
    NAME(vector) column[16];
#pragma GCC unroll 16
    for (int j = 0; j < TILE_ROW; j++) column[j] = j < TILE_SCALARS ? acc[j < TILE_SCALARS ? j : 0][v] : (NAME(vector)){0};
    NAME(transpose)(column, TILE_ROW);
#pragma GCC unroll 16
    for (int j = 0; j < TILE_ROW; j++) *(NAME(vector) *)(tile + (v * TILE_ROW + j) * LANES) = column[j];
  }
  if (scalar_count == TILE_SCALARS && vectors == TILE_VECTORS)
    NAME(write)(tile, TILE_ROW, vector_count, TILE_SCALARS, c, c_row, bias, first, last);
  else
    NAME(write_edge)(tile, TILE_ROW, vector_count, scalar_count, c, c_row, bias, first, last);
#else
  float tile[TILE_SCALARS * TILE_VECTOR] __attribute__((aligned(64)));
#pragma GCC unroll 16
  for (int j = 0; j < scalars; j++)
#pragma GCC unroll 8
    for (int v = 0; v < vectors; v++) *(NAME(vector) *)(tile + j * TILE_VECTOR + v * LANES) = acc[j][v];
  if (vector_count == TILE_VECTOR && vectors == TILE_VECTORS)
    NAME(write)(tile, TILE_VECTOR, scalar_count, TILE_VECTOR, c, c_row, bias, first, last);
  else
    NAME(write_edge)(tile, TILE_VECTOR, scalar_count, vector_count, c, c_row, bias, first, last);
#endif
}

#if VECTOR_OVER_M
/* An edge tile uses no more vectors than it needs. */
static __attribute__((noinline)) void NAME(tile_any)(
    int64_t depth, const float *panel, int64_t panel_row, NAME(ahead) next, const float *scalar, int64_t row, int64_t step,
    int64_t vector_count, int64_t scalar_count, float *c, int64_t c_row, const float *bias, int first, int last) {
#define TILE_CASE(V) \
  NAME(tile)(V, TILE_SCALARS, depth, panel, panel_row, next, scalar, row, step, vector_count, scalar_count, c, c_row, bias, first, last)
  switch (tessera_divide_up(vector_count, LANES)) {
    case 1: TILE_CASE(1); break;
#if TILE_VECTORS >= 2
    case 2: TILE_CASE(2); break;
#endif
#if TILE_VECTORS >= 3
    case 3: TILE_CASE(3); break;
#endif
#if TILE_VECTORS >= 4
    case 4: TILE_CASE(4); break;
#endif
#if TILE_VECTORS >= 5
    case 5: TILE_CASE(5); break;
#endif
#if TILE_VECTORS >= 6
    case 6: TILE_CASE(6); break;
#endif
#if TILE_VECTORS >= 7
    case 7: TILE_CASE(7); break;
#endif
#if TILE_VECTORS >= 8
    case 8: TILE_CASE(8); break;
#endif
  }
#undef TILE_CASE
}
#else
/* Tiles that are not whole, and those of a panel that is read in place. No row is padded. Vectors that do not fill a tile are computed
 * together where n is fixed, else one by one. */
static __attribute__((noinline)) void NAME(tile_any)(
    int64_t depth, const float *panel, int64_t panel_row, NAME(ahead) next, const float *scalar, int64_t row, int64_t step,
    int64_t vector_count, int64_t scalar_count, float *c, int64_t c_row, const float *bias, int first, int last) {
  const int whole = vector_count > (TILE_VECTORS - 1) * LANES;
  const int64_t width = whole ? vector_count : EDGE_VECTORS * LANES;
  for (int64_t v = 0; v < vector_count; v += width, panel += width, c += width, bias += width) {
    const int64_t columns = tessera_min(width, vector_count - v);
#define TILE_CASE(R)                                                                                                          \
  case R:                                                                                                                     \
    if (whole)                                                                                                                \
      NAME(tile)(TILE_VECTORS, R, depth, panel, panel_row, next, scalar, row, step, columns, R, c, c_row, bias, first, last); \
    else                                                                                                                      \
      NAME(tile)(EDGE_VECTORS, R, depth, panel, panel_row, next, scalar, row, step, columns, R, c, c_row, bias, first, last); \
    break;
    switch (scalar_count) {
      TILE_CASE(1)
#if TILE_SCALARS >= 2
      TILE_CASE(2)
#endif
#if TILE_SCALARS >= 3
      TILE_CASE(3)
#endif
#if TILE_SCALARS >= 4
      TILE_CASE(4)
#endif
#if TILE_SCALARS >= 5
      TILE_CASE(5)
#endif
#if TILE_SCALARS >= 6
      TILE_CASE(6)
#endif
#if TILE_SCALARS >= 7
      TILE_CASE(7)
#endif
#if TILE_SCALARS >= 8
      TILE_CASE(8)
#endif
#if TILE_SCALARS >= 9
      TILE_CASE(9)
#endif
#if TILE_SCALARS >= 10
      TILE_CASE(10)
#endif
#if TILE_SCALARS >= 11
      TILE_CASE(11)
#endif
#if TILE_SCALARS >= 12
      TILE_CASE(12)
#endif
#if TILE_SCALARS >= 13
      TILE_CASE(13)
#endif
#if TILE_SCALARS >= 14
      TILE_CASE(14)
#endif
#if TILE_SCALARS >= 15
      TILE_CASE(15)
#endif
#if TILE_SCALARS >= 16
      TILE_CASE(16)
#endif
    }
#undef TILE_CASE
  }
}
#endif

/* The operands of one matrix, in terms of vector axis and scalar axis. */
typedef struct {
  const float *vector_operand, *scalar_operand, *bias;
  float *c;
  int64_t m, n, k;
  int64_t vector_row, scalar_row, scalar_step;
} NAME(matrix);

typedef struct {
  float *vector_panels, *scalar_panels, *edge_panel;
} NAME(scratch);

#if PREPARED
/* Where column p of the weights lies at step t. */
TESSERA_INLINE const float *NAME(weights_at)(const NAME(matrix) * x, int64_t p, int64_t t) {
  return x->vector_operand + p / PANEL_COLUMNS * PANEL_ELEMENTS + t * PANEL_COLUMNS + p % PANEL_COLUMNS;
}
#else
TESSERA_INLINE int NAME(in_place)(int64_t count) { return VECTOR_IS_CONTIGUOUS && !PACK_VECTOR && count == TILE_VECTOR; }

static void NAME(pack_block)(const NAME(matrix) * x, int64_t p0, int64_t p1, int64_t t0, int64_t depth, float *panels) {
  for (int64_t p = p0; p < p1; p += TILE_VECTOR) {
    int64_t count = tessera_min(TILE_VECTOR, p1 - p);
    if (NAME(in_place)(count)) continue;
    int64_t width = tessera_divide_up(count, LANES) * LANES;
    float *panel = panels + (p - p0) * depth;
#if VECTOR_IS_CONTIGUOUS
    NAME(pack_straight)(x->vector_operand + t0 * x->vector_row + p, x->vector_row, count, width, depth, panel);
#else
    const int64_t row = STATIC_K > 0 ? STATIC_K : x->vector_row;
    const float *from = x->vector_operand + p * row + t0;
    if (count == TILE_VECTOR)
      NAME(pack_transposed)(from, row, TILE_VECTOR, TILE_VECTOR, depth, 1, panel);
    else
      NAME(pack_transposed_edge)(from, row, count, width, depth, panel);
#endif
  }
}
#endif

/* The weights that the block after this one packs, in `rows` rows that begin at `data`. Tiles bring `each` of them, from the tile on that has
 * `tiles_before`: the last ones, so that the second-level cache still has the rows when they are packed. */
typedef struct {
  const float *data;
  int64_t rows, each, tiles_before;
} NAME(upcoming);

static NAME(upcoming) NAME(upcoming_after)(const NAME(matrix) * x, int64_t p0, int64_t p, int64_t p1, int64_t t, int64_t tiles) {
  if (!PREFETCH_UNPACKED) return (NAME(upcoming)){0};
  const int64_t end = tessera_min(p + BLOCK_VECTOR, p1), next = end < p1 ? end : p0, step = end < p1 ? t : t + BLOCK_K;
  const int64_t rows = step < x->k ? tessera_min(BLOCK_VECTOR, p1 - next) : 0, all = tiles * tessera_divide_up(end - p, TILE_VECTOR);
  const int64_t each = tessera_min(tessera_divide_up(rows, all), TESSERA_LINE_ELEMENTS);
  return (NAME(upcoming)){x->vector_operand + next * x->vector_row + step, rows, each, each > 1 ? 0 : all - rows};
}

/* The share of one tile. */
TESSERA_INLINE NAME(ahead) NAME(take)(NAME(upcoming) * u, int64_t row) {
  const int64_t rows = u->tiles_before-- > 0 ? 0 : tessera_min(u->each, u->rows);
  const NAME(ahead) share = {u->data, rows, row};
  u->data += rows * row, u->rows -= rows;
  return share;
}

TESSERA_INLINE void NAME(tile_at)(
    const NAME(matrix) * x, const NAME(scratch) * s, int64_t p0, int64_t p, int64_t p1, const float *scalars, int64_t q, int64_t q1,
    int64_t t0, int64_t depth, NAME(upcoming) * upcoming) {
  int64_t vector_count = tessera_min(TILE_VECTOR, p1 - p), scalar_count = q1 - q;
#if PREPARED
  const float *panel = NAME(weights_at)(x, p, t0);
  const NAME(ahead) next = {NAME(weights_at)(x, p + TILE_VECTOR, t0)};
  const int64_t panel_row = PANEL_COLUMNS;
#else
  const int in_place = NAME(in_place)(vector_count);
  const float *panel = in_place ? x->vector_operand + t0 * x->vector_row + p : s->vector_panels + (p - p0) * depth;
  const int64_t panel_row = in_place ? x->vector_row : tessera_divide_up(vector_count, LANES) * LANES;
#if PREFETCH_UNPACKED
  const NAME(ahead) next = NAME(take)(upcoming, x->vector_row);
#else
  const NAME(ahead) next = {panel + (in_place ? TILE_VECTOR : depth * panel_row)};
#endif
#endif
  const float *scalar = x->scalar_operand + q * x->scalar_row + t0 * x->scalar_step;
  int64_t row = x->scalar_row, step = x->scalar_step;
  int first = t0 == 0, last = t0 + depth == x->k;
  int64_t r = VECTOR_OVER_M ? p : q, column = VECTOR_OVER_M ? q : p;
  float *c = x->c + r * x->n + column;
  const float *bias = x->bias + column;
#if PACK_SCALAR
  scalar = scalars, row = 1, step = TILE_SCALARS;
#elif VECTOR_OVER_M
  if (scalar_count < TILE_SCALARS) {
    NAME(tile_any)(depth, panel, panel_row, next, s->edge_panel, 1, TILE_SCALARS, vector_count, scalar_count, c, x->n, bias, first, last);
    return;
  }
#endif
  if (vector_count == TILE_VECTOR && scalar_count == TILE_SCALARS && panel_row == PANEL_ROW)
    NAME(tile)(TILE_VECTORS, TILE_SCALARS, depth, panel, PANEL_ROW, next, scalar, row, step, TILE_VECTOR, TILE_SCALARS, c, x->n, bias, first, last);
  else
    NAME(tile_any)(depth, panel, panel_row, next, scalar, row, step, vector_count, scalar_count, c, x->n, bias, first, last);
}

/* Where tile i of the scalar axis begins, which has the elements q0 to q1. */
TESSERA_INLINE int64_t NAME(scalar_tile)(int64_t i, int64_t q0, int64_t q1) {
#if VECTOR_OVER_M
  return tessera_min(q0 + i * TILE_SCALARS, q1);
#else
  const int64_t tiles = tessera_divide_up(q1 - q0, TILE_SCALARS);
  return q0 + i * ((q1 - q0) / tiles) + tessera_min(i, (q1 - q0) % tiles);
#endif
}

/* A packed block of the vector operand times the tiles i0 to i1 of the scalar operand. */
static void NAME(multiply_blocks)(
    const NAME(matrix) * x, const NAME(scratch) * s, int64_t p0, int64_t p1, int64_t i0, int64_t i1, int64_t q0, int64_t q1, int64_t t0,
    int64_t depth, NAME(upcoming) * upcoming) {
#define SCALAR_TILE(i) NAME(scalar_tile)(i, q0, q1)
#define SCALAR_PANEL(i) (s->scalar_panels + ((i) - i0) * TILE_SCALARS * depth)
#if PACK_SCALAR
  for (int64_t i = i0; i < i1; i++)
    NAME(pack_scalars)(x->scalar_operand + SCALAR_TILE(i) * x->scalar_row + t0 * x->scalar_step, x->scalar_row, x->scalar_step,
                       SCALAR_TILE(i + 1) - SCALAR_TILE(i), depth, SCALAR_PANEL(i));
#elif VECTOR_OVER_M
  const int64_t end = SCALAR_TILE(i1), edge = (end - q0) % TILE_SCALARS;
  if (edge)
    NAME(pack_scalars)(x->scalar_operand + (end - edge) * x->scalar_row + t0 * x->scalar_step, x->scalar_row, x->scalar_step, edge,
                       depth, s->edge_panel);
#endif
#if SCALAR_INNER
  for (int64_t p = p0; p < p1; p += TILE_VECTOR)
    for (int64_t i = i0; i < i1; i++)
#else
  for (int64_t i = i0; i < i1; i++)
    for (int64_t p = p0; p < p1; p += TILE_VECTOR)
#endif
      NAME(tile_at)(x, s, p0, p, p1, SCALAR_PANEL(i), SCALAR_TILE(i), SCALAR_TILE(i + 1), t0, depth, upcoming);
#undef SCALAR_PANEL
#undef SCALAR_TILE
}

static void NAME(multiply_range)(const NAME(matrix) * x, const NAME(scratch) * s, int64_t p0, int64_t p1, int64_t q0, int64_t q1) {
  const int64_t tiles = tessera_divide_up(q1 - q0, TILE_SCALARS), block = BLOCK_SCALAR / TILE_SCALARS;
  for (int64_t t = 0; t < x->k; t += BLOCK_K) {
    int64_t depth = tessera_min(BLOCK_K, x->k - t);
    for (int64_t p = p0; p < p1; p += BLOCK_VECTOR) {
      int64_t p_end = tessera_min(p + BLOCK_VECTOR, p1);
#if !PREPARED
      NAME(pack_block)(x, p, p_end, t, depth, s->vector_panels);
#endif
      NAME(upcoming) upcoming = NAME(upcoming_after)(x, p0, p, p1, t, tiles);
      for (int64_t i = 0; i < tiles; i += block)
        NAME(multiply_blocks)(x, s, p, p_end, i, tessera_min(i + block, tiles), q0, q1, t, depth, &upcoming);
    }
  }
}

static void NAME(run)(const tessera_gemm *g, int first, int last, int parts, float *scratch) {
  const int64_t m = STATIC_M > 0 ? STATIC_M : g->m, n = STATIC_N > 0 ? STATIC_N : g->n, k = STATIC_K > 0 ? STATIC_K : g->k;
  const NAME(scratch) s = {
      scratch, scratch + PANELS_ELEMENTS, scratch + PANELS_ELEMENTS + (PACK_SCALAR ? (size_t)BLOCK_SCALAR * PANEL_K : 0)};
  /* Parts are equal ranges of (matrix, tile along the split axis). */
  const int64_t unit = SPLIT_M == VECTOR_OVER_M ? TILE_VECTOR : TILE_SCALARS;
  const int64_t extent = SPLIT_M ? m : n;
  const int64_t units = tessera_divide_up(extent, unit);
  const int64_t begin = g->batch * units * first / parts, end = g->batch * units * last / parts;
  for (int64_t u = begin; u < end;) {
    const int64_t i = u / units, stop = tessera_min(end, (i + 1) * units);
    const int64_t low = (u - i * units) * unit, high = tessera_min((stop - i * units) * unit, extent);
    const float *a = g->a + i * m * k, *b = g->b + i * (PREPARED ? tessera_divide_up(n, PANEL_COLUMNS) * PANEL_ELEMENTS : n * k);
    const NAME(matrix) x = {
        VECTOR_OVER_M ? a : b, VECTOR_OVER_M ? b : a, g->bias, g->c + i * m * n, m, n, k,
        VECTOR_OVER_M ? k : (B_IS_NK ? k : n), VECTOR_OVER_M ? (B_IS_NK ? k : 1) : k, SCALAR_K_CONTIGUOUS ? 1 : n};
    if (SPLIT_M == VECTOR_OVER_M)
      NAME(multiply_range)(&x, &s, low, high, 0, VECTOR_OVER_M ? n : m);
    else
      NAME(multiply_range)(&x, &s, 0, VECTOR_OVER_M ? m : n, low, high);
    u = stop;
  }
}

const tessera_gemm_kernel KERNEL_NAME = {
    TESSERA_KERNEL_LABEL, NAME(run),
    4 * (PANELS_ELEMENTS + PANEL_K * ((PACK_SCALAR ? (size_t)BLOCK_SCALAR : 0) + TILE_SCALARS)) + 64,
    LANES, SPLIT_M, SPLIT_M == VECTOR_OVER_M ? TILE_VECTOR : TILE_SCALARS,
    SPLIT_M == VECTOR_OVER_M ? PACK_SCALAR : !PREPARED && (!VECTOR_IS_CONTIGUOUS || PACK_VECTOR),
    PREPARED ? PANEL_COLUMNS : 0};

#undef TILE_VECTOR
#undef TILE_ROW
#undef VECTOR_IS_CONTIGUOUS
#undef PREFETCH_UNPACKED
#undef SCALAR_K_CONTIGUOUS
#undef PANEL_K
#undef PANEL_COLUMNS
#undef PANEL_ELEMENTS
#undef PANELS_FOLLOW
#undef PANEL_ROW
#undef PREFETCH_STEPS
#undef EDGE_VECTORS
#undef BUSY_SUMS
#undef IN_REGISTER
#undef PANELS_ELEMENTS
#undef NAME
