/* The CUDA template for few rows of float32: bound by the memory that b is streamed from, so nothing is staged.
 *
 * The instantiation defines these constants and includes this file:
 *
 *   KERNEL_NAME      the functions are KERNEL_NAME_aligned and KERNEL_NAME_any
 *   ROWS             rows of a that are multiplied at once, 1 to 8; more are walked by further blocks
 *   COLUMNS          columns of c of one warp where b is [n, k], its lanes along k; where b is [k, n] it is 128, four a lane
 *   WARPS            warps of a block
 *   SPLIT            of these, warps that share the reduction of the same columns
 *   UNROLL           16-byte loads of each column that a lane has under way
 *   HAS_ALIGNED, HAS_ANY, RESIDENT, STATIC_M, STATIC_N, STATIC_K, B_IS_NK, EPILOGUE_BIAS, EPILOGUE_FUNCTION   as in simt.cu
 *
 * Blocks: batch x row groups x column groups, the last fastest; the grid has one block for each.
 */
#include "../device/device.cuh"
#include "../gemm/gemm.cuh"
#include "../gemm/epilogue.cuh"

static_assert(ROWS >= 1 && ROWS <= 8, "ROWS is 1 to 8");
static_assert(WARPS % SPLIT == 0 && WARPS <= 32, "the warps that share columns divide a block's warps");
static_assert(B_IS_NK || COLUMNS == 128, "where b is [k, n] a warp has 128 columns");
static_assert(!B_IS_NK || ROWS * COLUMNS <= 32, "each lane stores at most one sum");

constexpr int THREADS = 32 * WARPS;
constexpr int TEAMS = WARPS / SPLIT;
constexpr int TEAM_FLOATS = ROWS * COLUMNS;
constexpr int SHARED_FLOATS = WARPS * TEAM_FLOATS;
constexpr int BLOCK_N = TEAMS * COLUMNS;

/* What the tuner derives too, and a test compares. A stage is what a block has under way at once. */
constexpr int KNOWN_TILE_M = ROWS, KNOWN_TILE_N = BLOCK_N, KNOWN_TILE_K = (B_IS_NK ? 128 : 1) * SPLIT * UNROLL;
constexpr int KNOWN_THREADS = THREADS, KNOWN_SHARED_BYTES = 4 * SHARED_FLOATS;

TESSERA_DEVICE float dot(float4 x, float4 y, float sum) { return sum + x.x * y.x + x.y * y.y + x.z * y.z + x.w * y.w; }

#if B_IS_NK
/* Lanes along k: each warp sums ROWS x COLUMNS dot products over its share of k. */
template <bool ALIGNED>
TESSERA_DEVICE void reduce(const float *a, const float *b, int row0, int rows, int column0, int n, int k, int share, int lane, float *sums) {
  const bool whole_a = ALIGNED || is_whole(a, k), whole_b = ALIGNED || is_whole(b, k);
  float of[ROWS][COLUMNS] = {};
  for (int t0 = share * 128 * UNROLL; t0 < k; t0 += SPLIT * 128 * UNROLL) {
    float4 y[UNROLL][COLUMNS];
    TESSERA_UNROLL
    for (int u = 0; u < UNROLL; u++)
      TESSERA_UNROLL
      for (int s = 0; s < COLUMNS; s++) {
        const int t = t0 + u * 128 + lane * 4;
        y[u][s] = load_part<ALIGNED, true>(b + (long long)(column0 + s) * k + t, column0 + s < n ? k - t : 0, whole_b);
      }
    TESSERA_UNROLL
    for (int u = 0; u < UNROLL; u++)
      TESSERA_UNROLL
      for (int r = 0; r < ROWS; r++) {
        const int t = t0 + u * 128 + lane * 4;
        const float4 x = load_part<ALIGNED>(a + (long long)(row0 + r) * k + t, r < rows ? k - t : 0, whole_a);
        TESSERA_UNROLL
        for (int s = 0; s < COLUMNS; s++) of[r][s] = dot(x, y[u][s], of[r][s]);
      }
  }
  TESSERA_UNROLL
  for (int r = 0; r < ROWS; r++)
    TESSERA_UNROLL
    for (int s = 0; s < COLUMNS; s++) {
      const float sum = sum_over_warp(of[r][s]);
      if (lane == r * COLUMNS + s) sums[lane] = sum;
    }
}
#else
/* Lanes along n, four columns each: each warp sums ROWS x 128 elements over its share of k. */
template <bool ALIGNED>
TESSERA_DEVICE void reduce(const float *a, const float *b, int row0, int rows, int column0, int n, int k, int share, int lane, float *sums) {
  const bool whole_b = ALIGNED || is_whole(b, n);
  const int column = column0 + 4 * lane;
  float4 of[ROWS] = {};
  for (int t0 = share * UNROLL; t0 < k; t0 += SPLIT * UNROLL) {
    float4 y[UNROLL];
    TESSERA_UNROLL
    for (int u = 0; u < UNROLL; u++) y[u] = load_part<ALIGNED, true>(b + (long long)(t0 + u) * n + column, t0 + u < k ? n - column : 0, whole_b);
    TESSERA_UNROLL
    for (int u = 0; u < UNROLL; u++)
      TESSERA_UNROLL
      for (int r = 0; r < ROWS; r++) {
        const float x = r < rows && t0 + u < k ? load_readonly(a + (long long)(row0 + r) * k + t0 + u) : 0;
        of[r].x += x * y[u].x, of[r].y += x * y[u].y, of[r].z += x * y[u].z, of[r].w += x * y[u].w;
      }
  }
  TESSERA_UNROLL
  for (int r = 0; r < ROWS; r++) *(float4 *)(sums + r * COLUMNS + 4 * lane) = of[r];
}
#endif

template <bool ALIGNED>
TESSERA_DEVICE void run(const tessera_gemm &g) {
  const int m = STATIC_M > 0 ? STATIC_M : g.m, n = STATIC_N > 0 ? STATIC_N : g.n, k = STATIC_K > 0 ? STATIC_K : g.k;
  const int groups_m = divide_up(m, ROWS), groups_n = divide_up(n, BLOCK_N);
  const int batch = (int)blockIdx.x / groups_n / groups_m, row0 = (int)blockIdx.x / groups_n % groups_m * ROWS;
  const int warp = (int)threadIdx.x / 32, lane = (int)threadIdx.x % 32;
  const int team = warp / SPLIT, share = warp % SPLIT;
  const int rows = (int)least(ROWS, m - row0);
  TESSERA_SHARED(shared);
  pdl_begin();
  const float *a = g.a + (long long)batch * m * k, *b = g.b + (long long)batch * n * k;
  float *c = g.c + ((long long)batch * m + row0) * n;
  const int column0 = ((int)blockIdx.x % groups_n * TEAMS + team) * COLUMNS;
  reduce<ALIGNED>(a, b, row0, rows, column0, n, k, share, lane, shared + warp * TEAM_FLOATS);
  __syncthreads();
  /* the warps of a team add up what they summed, an element a lane */
  const float *from = shared + team * SPLIT * TEAM_FLOATS;
  for (int e = share * 32 + lane; e < TEAM_FLOATS; e += SPLIT * 32) {
    const int r = e / COLUMNS, s = column0 + e % COLUMNS;
    float sum = 0;
    TESSERA_UNROLL
    for (int i = 0; i < SPLIT; i++) sum += from[i * TEAM_FLOATS + e];
    if (r < rows && s < n) c[(long long)r * n + s] = finish(sum, g.bias, s);
  }
}

#if HAS_ALIGNED
TESSERA_KERNEL void __launch_bounds__(THREADS, RESIDENT) TESSERA_JOIN(KERNEL_NAME, aligned)(TESSERA_GEMM_PARAMETERS) {
  run<true>(TESSERA_GEMM_FROM_PARAMETERS);
}
#endif

#if HAS_ANY
TESSERA_KERNEL void __launch_bounds__(THREADS, RESIDENT) TESSERA_JOIN(KERNEL_NAME, any)(TESSERA_GEMM_PARAMETERS) {
  run<false>(TESSERA_GEMM_FROM_PARAMETERS);
}
#endif
