/* The pipeline through registers: while a stage is multiplied, the next one is fetched, 16 bytes a lane, and stored to shared memory
 * transposed and padded with zeros at every edge. */

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

/* Sums of tile rows row0.., columns column0.. over steps begin.. of BLOCK_K, up to end. */
template <bool ALIGNED>
TESSERA_DEVICE void reduce(
    Sums &sums, const float *a, const float *b, int row0, int column0, int m, int n, int k, int begin, int end, float *shared) {
  const bool whole_a = ALIGNED || is_whole(a, k), whole_b = ALIGNED || is_whole(b, B_IS_NK ? k : n);
  using PanelA = Panel<BLOCK_M, STRIDE_M, false, ALIGNED>;
  using PanelB = Panel<BLOCK_N, STRIDE_N, !B_IS_NK, ALIGNED>;
  PanelA next_a;
  PanelB next_b;
  constexpr int PUTS = PanelA::EACH + PanelB::EACH;
  constexpr bool SPREAD = ALIGNED && THREAD_M * THREAD_N > 64;
  auto put = [&](float *panel, int i) {
    if (i < PanelA::EACH)
      next_a.put(panel, i);
    else
      next_b.put(panel + PanelA::FLOATS, i - PanelA::EACH);
  };
  Fragments fragments[2];
  const int row = first_row(), column = first_column();
  float *panel = shared;
  sums.clear();
  next_a.begin(a, whole_a, row0, m, k);
  next_b.begin(b, whole_b, column0, n, k);
  next_a.fetch(begin * BLOCK_K);
  next_b.fetch(begin * BLOCK_K);
  TESSERA_UNROLL
  for (int i = 0; i < PUTS; i++) put(panel, i);
  __syncthreads();
  read_fragments(fragments[0], panel, panel + PanelA::FLOATS, row, column, 0);
  for (int step = begin; step < end; step++) {
    /* The last step is fetched twice and its second copy not used: cheaper than a branch around every access. */
    const int next = step + 1 < end ? step + 1 : step;
    float *const other = panel == shared ? shared + STAGE_FLOATS : shared;
    next_a.fetch(next * BLOCK_K);
    next_b.fetch(next * BLOCK_K);
    TESSERA_UNROLL
    for (int t = 0; t < SLICE_K; t++) {
      /* Under a large thread's tile stores are spread over the second half, by when what was fetched is there: a burst would stall.
       * Under a small one that costs registers. */
      TESSERA_UNROLL
      for (int i = 0; i < PUTS; i++)
        if (t == (SPREAD ? SLICE_K / 2 + i * (SLICE_K / 2) / PUTS : SLICE_K - 1)) put(other, i);
      if (t + 1 < SLICE_K) {
        read_fragments(fragments[(t + 1) % 2], panel, panel + PanelA::FLOATS, row, column, t + 1);
      } else {
        panel = other;
        __syncthreads();
        read_fragments(fragments[0], panel, panel + PanelA::FLOATS, row, column, 0);
      }
      multiply(sums, fragments[t % 2]);
    }
  }
  add_slices(sums, shared);
}
