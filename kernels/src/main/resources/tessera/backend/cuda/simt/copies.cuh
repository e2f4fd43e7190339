/* The pipeline of asynchronous copies: STAGES - 1 stages are under way while one is multiplied, and no register holds them. That hides
 * the memory's latency where a reduction is short or few warps are resident. [row][k] storage comes by 4 bytes, which any alignment
 * allows, [k][row] storage by 16 where alignment does.
 */
#include "../device/copies.cuh"

static_assert(BLOCK_M % 8 == 0 && BLOCK_N % 8 == 0, "lines of Stride have no gap but four floats");

/* One operand's tile: ROWS x BLOCK_K of [rows, k] storage, or of [k, rows] storage where TRANSPOSED. A thread makes EACH copies of it. */
template <int ROWS, int STRIDE, bool TRANSPOSED, bool ALIGNED>
struct Panel {
  static constexpr bool WHOLE_K = STATIC_K > 0 && STATIC_K % BLOCK_K == 0;
  /* Copies side by side that are shared out together: 8 k x 4 rows to a warp, or a line of 16-byte chunks to as many threads. */
  static constexpr int ACROSS = TRANSPOSED ? ROWS / 4 : BLOCK_K / 8, UNITS = TRANSPOSED ? BLOCK_K * ACROSS : ROWS / 4 * ACROSS;
  static constexpr int WORKERS = TRANSPOSED ? THREADS : THREADS / 32;
  static constexpr int EACH = (UNITS + WORKERS - 1) / WORKERS;
  /* Whether a worker's units lie alike for all workers. */
  static constexpr bool REGULAR = WORKERS % ACROSS == 0 || ACROSS % WORKERS == 0;

  const float *next; /* the thread's first element of the next stage */
  float *place;      /* in the first stage */
  bool whole;
  int rows, k;         /* the operand's */
  int rows_left, k_left; /* from the thread's element on; of rows none after the last stage */

  /* Starts at row0 and k0 of an operand of rows x k. `whole`: 16-byte accesses are possible. */
  TESSERA_DEVICE_MEMBER void begin(const float *operand, bool whole, int row0, int k0, int rows, int k, float *panel) {
    const int row = row0 + row_of(0), t = k0 + k_of(0);
    next = operand + (TRANSPOSED ? (long long)t * rows + row : (long long)row * k + t);
    place = panel + k_of(0) * STRIDE + row_of(0);
    this->whole = whole, this->rows = rows, this->k = k;
    rows_left = rows - row, k_left = k - t;
  }
  /* Goes on to the next stage. */
  TESSERA_DEVICE_MEMBER void advance() { next += TRANSPOSED ? (long long)BLOCK_K * rows : BLOCK_K, k_left -= BLOCK_K; }
  TESSERA_DEVICE_MEMBER void finish() { rows_left = -ROWS; }

  static TESSERA_DEVICE_MEMBER int unit(int i) { return (TRANSPOSED ? (int)threadIdx.x : (int)threadIdx.x / 32) + i * WORKERS; }
  static TESSERA_DEVICE_MEMBER bool mine(int i) { return UNITS % WORKERS == 0 || unit(i) < UNITS; }
  static TESSERA_DEVICE_MEMBER int row_of(int i) { return TRANSPOSED ? unit(i) % ACROSS * 4 : unit(i) / ACROSS * 4 + (int)threadIdx.x % 32 / 8; }
  static TESSERA_DEVICE_MEMBER int k_of(int i) { return TRANSPOSED ? unit(i) / ACROSS : unit(i) % ACROSS * 8 + (int)threadIdx.x % 8; }
  /* From the thread's first copy to copy i: constants where REGULAR. */
  static TESSERA_DEVICE_MEMBER int across(int i) { return REGULAR ? i * WORKERS % ACROSS : unit(i) % ACROSS - unit(0) % ACROSS; }
  static TESSERA_DEVICE_MEMBER int along(int i) { return REGULAR ? i * WORKERS / ACROSS : unit(i) / ACROSS - unit(0) / ACROSS; }

  /* Starts copy i of the next stage, to be at `stage` floats. What lies behind k becomes zero; rows that are not there are left as
   * they are, since no result depends on them. */
  TESSERA_DEVICE_MEMBER void copy(int stage, int i) const {
    if (!mine(i)) return;
    const int rows_on = TRANSPOSED ? 4 * across(i) : 4 * along(i), k_on = TRANSPOSED ? along(i) : 8 * across(i);
    const int bytes = WHOLE_K || k_on < k_left ? 4 : 0;
    float *to = place + stage + k_on * STRIDE + rows_on;
    const float *from = next + (TRANSPOSED ? (long long)k_on * rows + rows_on : (long long)rows_on * k + k_on);
    if (!TRANSPOSED)
      copy_async_word_below(rows_on, rows_left, to, from, bytes);
    else if (ALIGNED || whole)
      copy_async_below(rows_on, rows_left, to, from, 4 * bytes);
    else
      TESSERA_UNROLL
      for (int w = 0; w < 4; w++) copy_async_word_below(rows_on + w, rows_left, to + w, from + w, bytes);
  }
};

/* Sums of tile rows row0.., columns column0.. over steps begin.. of BLOCK_K, up to end. */
template <bool ALIGNED>
TESSERA_DEVICE void reduce(
    Sums &sums, const float *a, const float *b, int row0, int column0, int m, int n, int k, int begin, int end, float *shared) {
  using PanelA = Panel<BLOCK_M, STRIDE_M, false, ALIGNED>;
  using PanelB = Panel<BLOCK_N, STRIDE_N, !B_IS_NK, ALIGNED>;
  constexpr int COPIES = PanelA::EACH + PanelB::EACH;
  PanelA from_a;
  PanelB from_b;
  auto copy = [&](int stage, int i) {
    if (i < PanelA::EACH)
      from_a.copy(stage, i);
    else
      from_b.copy(stage, i - PanelA::EACH);
    if (i == COPIES - 1) from_a.advance(), from_b.advance(), copies_commit();
  };
  auto go_to = [&](int step) {
    if (step >= end) from_a.finish(), from_b.finish();
  };
  Fragments fragments[2];
  const int row = first_row(), column = first_column();
  sums.clear();
  from_a.begin(a, ALIGNED || is_whole(a, k), row0, begin * BLOCK_K, m, k, shared);
  from_b.begin(b, ALIGNED || is_whole(b, B_IS_NK ? k : n), column0, begin * BLOCK_K, n, k, shared + BLOCK_K * STRIDE_M);
  TESSERA_UNROLL
  for (int stage = 0; stage < STAGES - 1; stage++) {
    go_to(begin + stage);
    TESSERA_UNROLL
    for (int i = 0; i < COPIES; i++) copy(stage * STAGE_FLOATS, i);
  }
  copies_wait<STAGES - 2>();
  __syncthreads();
  int stage = 0, free = PIPELINE_FLOATS - STAGE_FLOATS; /* the one that is multiplied, and the one to be filled */
  auto read = [&](int t) { read_fragments(fragments[t % 2], shared + stage, shared + stage + BLOCK_K * STRIDE_M, row, column, t); };
  read(0);
  for (int step = begin; step < end; step++) {
    go_to(step + STAGES - 1);
    TESSERA_UNROLL
    for (int t = 0; t < SLICE_K; t++) {
      TESSERA_UNROLL
      for (int i = 0; i < COPIES; i++)
        if (t == i * (SLICE_K - 1) / COPIES) copy(free, i);
      if (t + 1 < SLICE_K) {
        read(t + 1);
      } else {
        free = stage;
        stage = stage + STAGE_FLOATS == PIPELINE_FLOATS ? 0 : stage + STAGE_FLOATS;
        copies_wait<STAGES - 2>();
        __syncthreads();
        read(0);
      }
      multiply(sums, fragments[t % 2]);
    }
  }
  add_slices(sums, shared);
}
