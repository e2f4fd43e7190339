/* The register kernel: a thread's THREAD_M x THREAD_N sums, in groups of four rows and four columns that lie apart, so that the
 * lanes of a warp read neighbouring 16 bytes. Fragments of step k + 1 are read while those of step k are multiplied. */

constexpr int GROUPS_M = THREAD_M / 4, GROUPS_N = THREAD_N / 4;
constexpr int APART_M = BLOCK_M / GROUPS_M, APART_N = BLOCK_N / GROUPS_N;
constexpr int LANES_M = 32 / LANES_N;
constexpr int WARPS_N = BLOCK_N / THREAD_N / LANES_N, SLICE_WARPS = SLICE_THREADS / 32;

static_assert(BLOCK_M / THREAD_M % LANES_M == 0 && BLOCK_N / THREAD_N % LANES_N == 0, "whole warps cover the tile");

/* Which part of each stage's k is a thread's. */
TESSERA_DEVICE int slice() { return SLICES > 1 ? (int)threadIdx.x / SLICE_THREADS : 0; }

/* Where a thread's first row and column lie in the tile. */
TESSERA_DEVICE int first_row() {
  const int warp = (int)threadIdx.x / 32 % SLICE_WARPS, lane = (int)threadIdx.x % 32;
  return (warp / WARPS_N * LANES_M + lane / LANES_N) * 4;
}
TESSERA_DEVICE int first_column() {
  const int warp = (int)threadIdx.x / 32 % SLICE_WARPS, lane = (int)threadIdx.x % 32;
  return (warp % WARPS_N * LANES_N + lane % LANES_N) * 4;
}

struct Fragments {
  float a[THREAD_M], b[THREAD_N];

  /* Of step k of the thread's slice of a stage. */
  TESSERA_DEVICE_MEMBER void read(const float *panel_a, const float *panel_b, int row, int column, int k) {
    const int before = slice() * SLICE_K;
    group<GROUPS_M, APART_M, STRIDE_M>(a, panel_a + before * STRIDE_M, row, k, before);
    group<GROUPS_N, APART_N, STRIDE_N>(b, panel_b + before * STRIDE_N, column, k, before);
  }

  template <int GROUPS, int APART, int STRIDE>
  static TESSERA_DEVICE_MEMBER void group(float *to, const float *panel, int first, int k, int before) {
    TESSERA_UNROLL
    for (int g = 0; g < GROUPS; g++) {
      /* where groups lie whole banks apart, the swizzle does not reach the sum */
      const int at = APART % 32 == 0 ? g * APART + swizzled(first, before, k) : swizzled(g * APART + first, before, k);
      const float4 v = *(const float4 *)(panel + k * STRIDE + at);
      to[4 * g] = v.x, to[4 * g + 1] = v.y, to[4 * g + 2] = v.z, to[4 * g + 3] = v.w;
    }
  }
};

struct Sums {
  float of[THREAD_M][THREAD_N];

  TESSERA_DEVICE_MEMBER void clear() {
    TESSERA_UNROLL
    for (int i = 0; i < THREAD_M; i++)
      TESSERA_UNROLL
      for (int j = 0; j < THREAD_N; j++) of[i][j] = 0;
  }

  TESSERA_DEVICE_MEMBER void multiply(const Fragments &f) {
    if (ORDER == 0) {
      TESSERA_UNROLL
      for (int i = 0; i < THREAD_M; i++)
        TESSERA_UNROLL
        for (int j = 0; j < THREAD_N; j++) multiply(f, i, i % 2 ? THREAD_N - 1 - j : j);
    } else {
      TESSERA_UNROLL
      for (int j = 0; j < THREAD_N; j += 2)
        TESSERA_UNROLL
        for (int i = 0; i < THREAD_M; i++) multiply(f, i, j + i % 2), multiply(f, i, j + 1 - i % 2);
    }
  }
  TESSERA_DEVICE_MEMBER void multiply(const Fragments &f, int i, int j) { of[i][j] += f.a[i] * f.b[j]; }

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
  static TESSERA_DEVICE_MEMBER int row(int v) { return v / GROUPS_N / 4 * APART_M + v / GROUPS_N % 4; }
  static TESSERA_DEVICE_MEMBER int column(int v) { return v % GROUPS_N * APART_N; }
};
