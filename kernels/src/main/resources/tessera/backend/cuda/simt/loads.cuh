/* From global memory through registers to shared memory, transposed to [k][row] and padded with zeros at every edge.
 *
 * A warp fetches 16 bytes a lane: BLOCK_K consecutive floats of a few rows. In shared memory the columns of each group of four
 * k are XORed with a constant, so that neither the transposing stores nor the 16-byte reads of fragments meet in a bank.
 */

constexpr int QUADS = BLOCK_K / 4;
constexpr int SWIZZLE_SHIFT = QUADS == 8 ? 2 : QUADS == 4 ? 3 : QUADS == 2 ? 4 : 5;
/* Floats from one k of a panel to the next: whole sets of banks. */
constexpr int STRIDE_M = (BLOCK_M + 31) / 32 * 32, STRIDE_N = (BLOCK_N + 31) / 32 * 32;

/* The column at which `column` lies in row k of a panel. */
TESSERA_DEVICE int swizzled(int column, int k) { return column ^ ((k / 4 % QUADS) << SWIZZLE_SHIFT); }

/* One operand's tile: ROWS x BLOCK_K of [rows, k] storage, or of [k, rows] storage where TRANSPOSED. */
template <int ROWS, int STRIDE, bool TRANSPOSED, bool ALIGNED>
struct Panel {
  static constexpr int FLOATS = STRIDE * BLOCK_K;
  static constexpr int VECTORS = ROWS * QUADS;
  static constexpr int EACH = (VECTORS + THREADS - 1) / THREADS;
  float4 held[EACH];

  /* Starts fetching rows row0.. at k0; what lies outside rows x k becomes zero. `whole`: load_part's. */
  TESSERA_DEVICE_MEMBER void fetch(const float *source, bool whole, int row0, int rows, int k0, int k) {
    TESSERA_UNROLL
    for (int i = 0; i < EACH; i++) {
      const int f = (int)threadIdx.x + i * THREADS;
      const bool mine = VECTORS % THREADS == 0 || f < VECTORS;
      if (TRANSPOSED) {
        const int t = k0 + f / (ROWS / 4), r = row0 + f % (ROWS / 4) * 4;
        held[i] = load_part<ALIGNED>(source + (long long)t * rows + r, mine && t < k ? rows - r : 0, whole);
      } else {
        const int t = k0 + f % QUADS * 4, r = row0 + f / QUADS;
        held[i] = load_part<ALIGNED>(source + (long long)r * k + t, mine && r < rows ? k - t : 0, whole);
      }
    }
  }

  TESSERA_DEVICE_MEMBER void put(float *panel) const {
    TESSERA_UNROLL
    for (int i = 0; i < EACH; i++) {
      const int f = (int)threadIdx.x + i * THREADS;
      if (VECTORS % THREADS != 0 && f >= VECTORS) break;
      if (TRANSPOSED) {
        const int t = f / (ROWS / 4), r = f % (ROWS / 4) * 4;
        *(float4 *)(panel + t * STRIDE + swizzled(r, t)) = held[i];
      } else {
        const int t = f % QUADS * 4, r = f / QUADS;
        float *to = panel + t * STRIDE + swizzled(r, t);
        to[0] = held[i].x, to[STRIDE] = held[i].y, to[2 * STRIDE] = held[i].z, to[3 * STRIDE] = held[i].w;
      }
    }
  }
};
