/* A thread's sums on CUDA cores: THREAD_M rows and THREAD_N columns of a block's tile. Columns come in groups of four neighbours and rows
 * in groups of NEIGHBOURS_M, and groups lie apart, so that the lanes of a warp read neighbouring parts of the operands' tiles. */

constexpr int GROUPS_N = THREAD_N / 4, APART_N = BLOCK_N / GROUPS_N;
constexpr int APART_M = BLOCK_M / (THREAD_M / NEIGHBOURS_M);
constexpr int LANES_M = 32 / LANES_N;
constexpr int WARPS_N = BLOCK_N / THREAD_N / LANES_N, SLICE_WARPS = SLICE_THREADS / 32;

static_assert(THREAD_M % NEIGHBOURS_M == 0 && THREAD_N % 4 == 0, "a thread's tile is made of whole groups");
static_assert(BLOCK_M % THREAD_M == 0 && BLOCK_N % THREAD_N == 0, "threads cover the tile");
static_assert(BLOCK_M / THREAD_M % LANES_M == 0 && BLOCK_N / THREAD_N % LANES_N == 0, "whole warps cover the tile");

/* Which part of each stage's k is a thread's. */
TESSERA_DEVICE int slice() { return SLICES > 1 ? (int)threadIdx.x / SLICE_THREADS : 0; }

/* Where a thread lies in its warp along m and n. Of four neighbours two share a row and two a column: it seems that a multiprocessor
 * serves a half-warp's 16-byte reads of shared memory at once where each lane's neighbour, or each lane's next but one, reads the same.
 * On an H200 most kernels gained 1 to 6% over lanes row by row, some lost. */
TESSERA_DEVICE int lane_m() {
  const int lane = (int)threadIdx.x % 32;
  return LANES_M == 1 ? 0 : lane / 2 % 2 + lane / (2 * LANES_N) * 2;
}
TESSERA_DEVICE int lane_n() {
  const int lane = (int)threadIdx.x % 32;
  return LANES_M == 1 ? lane : lane % 2 + lane / 4 % (LANES_N / 2) * 2;
}
/* Where a thread's warp lies in the tile. */
TESSERA_DEVICE int warp_m() { return (int)threadIdx.x / 32 % SLICE_WARPS / WARPS_N; }
TESSERA_DEVICE int warp_n() { return (int)threadIdx.x / 32 % SLICE_WARPS % WARPS_N; }

/* Where a thread's first row and column lie in the tile. */
TESSERA_DEVICE int first_row() { return (warp_m() * LANES_M + lane_m()) * NEIGHBOURS_M; }
TESSERA_DEVICE int first_column() { return (warp_n() * LANES_N + lane_n()) * 4; }

struct Sums {
  float of[THREAD_M][THREAD_N];

  TESSERA_DEVICE_MEMBER void clear() {
    TESSERA_UNROLL
    for (int i = 0; i < THREAD_M; i++)
      TESSERA_UNROLL
      for (int j = 0; j < THREAD_N; j++) of[i][j] = 0;
  }

  /* The sums as VECTORS groups of four neighbouring columns. */
  static constexpr int VECTORS = THREAD_M * GROUPS_N;
  TESSERA_DEVICE_MEMBER float4 vector(int v) const {
    const float *x = of[v / GROUPS_N] + 4 * (v % GROUPS_N);
    return {x[0], x[1], x[2], x[3]};
  }
  TESSERA_DEVICE_MEMBER void add(int v, float4 y) {
    float *x = of[v / GROUPS_N] + 4 * (v % GROUPS_N);
    x[0] += y.x, x[1] += y.y, x[2] += y.z, x[3] += y.w;
  }
  /* A group's place from the thread's first row and column on. */
  static TESSERA_DEVICE_MEMBER int row(int v) { return v / GROUPS_N / NEIGHBOURS_M * APART_M + v / GROUPS_N % NEIGHBOURS_M; }
  static TESSERA_DEVICE_MEMBER int column(int v) { return v % GROUPS_N * APART_N; }
};
