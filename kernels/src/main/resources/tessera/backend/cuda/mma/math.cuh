/* A warp's WARP_M x WARP_N sums in tiles of 16 x 8, as mma.sync has them: lane i holds columns 2 (i % 4) and the next of rows i / 4 and
 * i / 4 + 8 of each. A step of the tensor core is 32 bytes of k. */

constexpr int WARP_M = BLOCK_M / WARPS_M, WARP_N = BLOCK_N / WARPS_N;
constexpr int TILES_M = WARP_M / 16, TILES_N = WARP_N / 8;
constexpr int STEP = 32 / INPUT_BYTES;

static_assert(BLOCK_M % (16 * WARPS_M) == 0 && BLOCK_N % (16 * WARPS_N) == 0, "a warp has whole tiles of 16 x 16");

/* Where a warp's rows and columns begin in the block's tile. */
TESSERA_DEVICE int warp_row() { return (int)threadIdx.x / 32 / WARPS_N * WARP_M; }
TESSERA_DEVICE int warp_column() { return (int)threadIdx.x / 32 % WARPS_N * WARP_N; }

struct Fragments {
  unsigned a[TILES_M][4], b[TILES_N][2];

  /* Of `step` in the panels. */
  template <class PanelA, class PanelB>
  TESSERA_DEVICE_MEMBER void read(const unsigned char *panel_a, const unsigned char *panel_b, int step) {
    /* Sixteen lines on the swizzle is the same, and a step's two chunks are XORed into a line's. */
    const int lane = (int)threadIdx.x % 32;
    const int at_a = PanelA::place(warp_row() + lane % 16, lane / 16) ^ 32 * step;
    TESSERA_UNROLL
    for (int i = 0; i < TILES_M; i++) load_matrices(a[i], panel_a + at_a + 16 * i * PanelA::LINE_BYTES);
    const int at_b = PanelB::place(warp_column() + lane / 16 * 8 + lane % 8, lane / 8 % 2) ^ 32 * step;
    TESSERA_UNROLL
    for (int j = 0; j < TILES_N; j += 2) {
      unsigned r[4];
      if (B_IS_NK) {
        load_matrices(r, panel_b + at_b + 8 * j * PanelB::LINE_BYTES);
      } else if (INPUT_TYPE != 0) {
        load_matrices_transposed(r, panel_b + PanelB::place(STEP * step + lane % 16, (warp_column() + 8 * j) / CHUNK + lane / 16));
      } else {
        TESSERA_UNROLL
        for (int e = 0; e < 4; e++) {
          const int t = STEP * step + lane % 4 + e % 2 * 4, s = warp_column() + 8 * (j + e / 2) + lane / 4;
          r[e] = *(const unsigned *)(panel_b + PanelB::place(t, s / CHUNK) + s % CHUNK * INPUT_BYTES);
        }
      }
      b[j][0] = r[0], b[j][1] = r[1], b[j + 1][0] = r[2], b[j + 1][1] = r[3];
    }
    if (INPUT_TYPE == 0) { /* the tensor core would cut the low bits off */
      TESSERA_UNROLL
      for (int i = 0; i < TILES_M; i++)
        TESSERA_UNROLL
        for (int e = 0; e < 4; e++) a[i][e] = tf32_bits(a[i][e]);
      TESSERA_UNROLL
      for (int j = 0; j < TILES_N; j++) b[j][0] = tf32_bits(b[j][0]), b[j][1] = tf32_bits(b[j][1]);
    }
  }
};

struct Sums {
  float of[TILES_M][TILES_N][4];

  TESSERA_DEVICE_MEMBER void clear() {
    TESSERA_UNROLL
    for (int v = 0; v < VECTORS; v++)
      TESSERA_UNROLL
      for (int e = 0; e < 4; e++) of[v / TILES_N][v % TILES_N][e] = 0;
  }

  TESSERA_DEVICE_MEMBER void multiply(const Fragments &f) {
    TESSERA_UNROLL
    for (int i = 0; i < TILES_M; i++)
      TESSERA_UNROLL
      for (int j = 0; j < TILES_N; j++) {
        const int s = i % 2 ? TILES_N - 1 - j : j; /* to and fro: one fragment stays */
        multiply_matrices<INPUT_TYPE>(of[i][s], f.a[i], f.b[s][0], f.b[s][1]);
      }
  }

  /* The sums as groups of four, for schedule.cuh. */
  static constexpr int VECTORS = TILES_M * TILES_N;
  TESSERA_DEVICE_MEMBER float4 vector(int v) const {
    const float *x = of[v / TILES_N][v % TILES_N];
    return {x[0], x[1], x[2], x[3]};
  }
  TESSERA_DEVICE_MEMBER void add(int v, float4 y) {
    float *x = of[v / TILES_N][v % TILES_N];
    x[0] += y.x, x[1] += y.y, x[2] += y.z, x[3] += y.w;
  }
};
