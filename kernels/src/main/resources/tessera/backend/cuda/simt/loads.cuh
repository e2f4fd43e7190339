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

/* One operand's tile: ROWS x BLOCK_K of [rows, k] storage, or of [k, rows] storage where TRANSPOSED. A thread has EACH vectors of it. */
template <int ROWS, int STRIDE, bool TRANSPOSED, bool ALIGNED>
struct Panel {
  static constexpr int FLOATS = STRIDE * BLOCK_K;
  static constexpr int VECTORS = ROWS * QUADS;
  static constexpr int EACH = (VECTORS + THREADS - 1) / THREADS;
  /* Vectors side by side, and how many such lines lie between two vectors of a thread, where that is a whole number. */
  static constexpr int ACROSS = TRANSPOSED ? ROWS / 4 : QUADS;
  static constexpr int APART = THREADS / ACROSS;
  static constexpr bool REGULAR = THREADS % ACROSS == 0;
  static constexpr bool WHOLE_K = STATIC_K > 0 && STATIC_K % BLOCK_K == 0;

  const float *first; /* the thread's first vector at k = 0 */
  bool whole;
  int rows, k, row; /* the operand's; the thread's first row */
  float4 held[EACH];

  /* Starts at row0 of an operand of rows x k. `whole`: load_part's. */
  TESSERA_DEVICE_MEMBER void begin(const float *operand, bool whole, int row0, int rows, int k) {
    row = row0 + (TRANSPOSED ? in_line(0) : line(0));
    first = operand + (TRANSPOSED ? (long long)line(0) * rows + row : (long long)row * k + in_line(0));
    this->whole = whole, this->rows = rows, this->k = k;
    TESSERA_UNROLL
    for (int i = 0; i < EACH; i++) held[i] = {0, 0, 0, 0};
  }

  static TESSERA_DEVICE_MEMBER int line(int i) {
    return REGULAR ? (int)threadIdx.x / ACROSS + i * APART : ((int)threadIdx.x + i * THREADS) / ACROSS;
  }
  static TESSERA_DEVICE_MEMBER int in_line(int i) { return 4 * (REGULAR ? (int)threadIdx.x % ACROSS : ((int)threadIdx.x + i * THREADS) % ACROSS); }
  static TESSERA_DEVICE_MEMBER bool mine(int i) { return VECTORS % THREADS == 0 || (int)threadIdx.x + i * THREADS < VECTORS; }

  /* Starts fetching from k0 on; what lies outside rows x k becomes zero. */
  TESSERA_DEVICE_MEMBER void fetch(int k0) {
    TESSERA_UNROLL
    for (int i = 0; i < EACH; i++) {
      const int lines = REGULAR ? i * APART : line(i) - line(0), along = REGULAR ? 0 : in_line(i) - in_line(0);
      const int r = row + (TRANSPOSED ? along : lines), t = k0 + (TRANSPOSED ? line(i) : in_line(i));
      const float *from = first + (TRANSPOSED ? (long long)(k0 + lines) * rows : (long long)lines * k + k0) + along;
      const bool inside = mine(i) && r < rows && (WHOLE_K || t < k);
      if (WHOLE_K && ALIGNED) {
        if (inside) held[i] = load_readonly((const float4 *)from); /* what is outside stays zero from step to step */
      } else {
        held[i] = load_part<ALIGNED>(from, !inside ? 0 : TRANSPOSED ? rows - r : k - t, whole);
      }
    }
  }

  /* Stores a thread's vector i of what was fetched. */
  TESSERA_DEVICE_MEMBER void put(float *panel, int i) const {
    if (!mine(i)) return;
    if (TRANSPOSED) {
      const int t = line(i);
      *(float4 *)(panel + t * STRIDE + swizzled(in_line(i), t)) = held[i];
    } else {
      /* where lines lie whole banks apart, the swizzle does not reach the sum */
      const int t = in_line(i), r = REGULAR && APART % 32 == 0 ? swizzled(line(0), t) + i * APART : swizzled(line(i), t);
      float *to = panel + t * STRIDE + r;
      to[0] = held[i].x, to[STRIDE] = held[i].y, to[2 * STRIDE] = held[i].z, to[3 * STRIDE] = held[i].w;
    }
  }
};
