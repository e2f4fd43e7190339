/* Operands' tiles on their way to shared memory, where they lie as in global memory: rows of BLOCK_K, or BLOCK_K rows of the tile's
 * columns. What lies behind k becomes zero; rows and columns that are not there are left as they are, since no result depends on them. */
#include "../device/copies.cuh"

constexpr int QUADS = BLOCK_K / 4;
constexpr bool WHOLE_K = STATIC_K > 0 && STATIC_K % BLOCK_K == 0;

/* ROWS of an operand of [rows, k] storage. In shared memory each is 16 bytes longer than it needs, so that as many neighbours as lanes
 * read at once lie in different banks. ALIGNED: 16-byte accesses are possible. PERMUTED: those neighbours are the same ones of each four that lanes have. */
template <int ROWS, bool PERMUTED, bool ALIGNED>
struct RowsPanel {
  static constexpr int STRIDE = BLOCK_K + 4, FLOATS = ROWS * STRIDE;
  /* Lanes that copy a row's neighbours: 16 bytes each, or 4. */
  static constexpr int ACROSS = ALIGNED ? QUADS : BLOCK_K;

  const float *next; /* the thread's first element of the next stage */
  int k, rows_left, k_left; /* from the thread's element on */

  /* Starts at row0 and k0 of an operand of rows x k. */
  TESSERA_DEVICE_MEMBER void begin(const float *operand, int row0, int k0, int rows, int k) {
    this->k = k;
    const int row = row0 + first_line(), t = k0 + in_line();
    next = operand + (long long)row * k + t;
    rows_left = rows - row, k_left = k - t;
    if (rows_left > ROWS - first_line()) rows_left = ROWS - first_line();
  }

  static TESSERA_DEVICE_MEMBER int first_line() { return (int)threadIdx.x / ACROSS; }
  static TESSERA_DEVICE_MEMBER int in_line() { return (int)threadIdx.x % ACROSS * (ALIGNED ? 4 : 1); }

  /* Where a row of the tile lies in shared memory. */
  static TESSERA_DEVICE_MEMBER int place(int row) {
    return PERMUTED ? (row / 4 / LANES_N * 4 + row % 4) * LANES_N + row / 4 % LANES_N : row;
  }

  /* Starts the thread's copies of the next stage: of every AT_ONCE-th line from its first on. */
  TESSERA_DEVICE_MEMBER void copy(float *panel) {
    constexpr int AT_ONCE = THREADS / ACROSS;
    const int words = WHOLE_K || k_left > 0 ? 4 : 0;
    TESSERA_UNROLL
    for (int at = 0; at < ROWS; at += AT_ONCE) {
      float *const to = panel + place(first_line() + at) * STRIDE + in_line();
      const float *const from = next + (long long)at * k;
      if (ALIGNED)
        copy_async_below(at, rows_left, to, from, 4 * words);
      else
        copy_async_word_below(at, rows_left, to, from, words);
    }
    next += BLOCK_K, k_left -= BLOCK_K;
  }
};

/* COLUMNS of an operand of [k, columns] storage. ALIGNED: 16-byte accesses are possible. */
template <int COLUMNS, bool ALIGNED>
struct ColumnsPanel {
  static constexpr int STRIDE = COLUMNS, FLOATS = BLOCK_K * STRIDE;
  static constexpr int ACROSS = COLUMNS / 4, VECTORS = BLOCK_K * ACROSS, EACH = (VECTORS + THREADS - 1) / THREADS;
  /* Whether a thread's vectors lie below each other. */
  static constexpr bool REGULAR = THREADS % ACROSS == 0;

  const float *next; /* the thread's first element of the next stage */
  int columns, columns_left, k_left; /* from the thread's element on */

  /* Starts at column0 and k0 of an operand of k x columns. */
  TESSERA_DEVICE_MEMBER void begin(const float *operand, int column0, int k0, int columns, int k) {
    this->columns = columns;
    const int t = k0 + line(0), s = column0 + in_line(0);
    next = operand + (long long)t * columns + s;
    columns_left = columns - s, k_left = k - t;
  }

  static TESSERA_DEVICE_MEMBER int line(int i) { return ((int)threadIdx.x + i * THREADS) / ACROSS; }
  static TESSERA_DEVICE_MEMBER int in_line(int i) { return ((int)threadIdx.x + i * THREADS) % ACROSS * 4; }
  static TESSERA_DEVICE_MEMBER bool mine(int i) { return VECTORS % THREADS == 0 || (int)threadIdx.x + i * THREADS < VECTORS; }

  /* Starts the thread's copies of the next stage. */
  TESSERA_DEVICE_MEMBER void copy(float *panel) {
    TESSERA_UNROLL
    for (int i = 0; i < EACH; i++) {
      const int t = REGULAR ? i * THREADS / ACROSS : line(i) - line(0), s = REGULAR ? 0 : in_line(i) - in_line(0);
      const int left = mine(i) ? columns_left : -COLUMNS, words = WHOLE_K || t < k_left ? 4 : 0;
      float *const to = panel + (line(0) + t) * STRIDE + in_line(0) + s;
      const float *const from = next + (long long)t * columns + s;
      if (ALIGNED)
        copy_async_below(s, left, to, from, 4 * words);
      else
        TESSERA_UNROLL
        for (int w = 0; w < 4; w++) copy_async_word_below(s + w, left, to + w, from + w, words);
    }
    next += (long long)BLOCK_K * columns, k_left -= BLOCK_K;
  }
};

template <bool ALIGNED>
using PanelA = RowsPanel<BLOCK_M, false, ALIGNED>;
#if B_IS_NK
template <bool ALIGNED>
using PanelB = RowsPanel<BLOCK_N, true, ALIGNED>;
#else
template <bool ALIGNED>
using PanelB = ColumnsPanel<BLOCK_N, ALIGNED>;
#endif
