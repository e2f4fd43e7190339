/* From global to shared memory by asynchronous copies of 16 bytes, padded with zeros at every edge.
 *
 * A tile's rows lie side by side as they are in global memory: BLOCK_K elements each, or ROWS elements where TRANSPOSED. The 16-byte
 * chunks of a row are XORed with the row's number, so that neither the copies nor ldmatrix have bank conflicts.
 */

constexpr int INPUT_BYTES = Element<INPUT_TYPE>::BYTES, CHUNK = 16 / INPUT_BYTES;

/* One operand's tile: ROWS x BLOCK_K of [rows, k] storage, or BLOCK_K x ROWS of [k, rows] storage where TRANSPOSED. */
template <int ROWS, bool TRANSPOSED, bool ALIGNED>
struct Panel {
  static constexpr int LINES = TRANSPOSED ? BLOCK_K : ROWS, WIDTH = TRANSPOSED ? ROWS : BLOCK_K;
  static constexpr int CHUNKS = WIDTH / CHUNK; /* of a line */
  static constexpr int LINE_BYTES = CHUNKS * 16, BYTES = LINES * LINE_BYTES;
  static constexpr int EACH = (LINES * CHUNKS + THREADS - 1) / THREADS;
  /* Lines from a thread's chunk to its next, where that is a whole number; by eights they are swizzled alike. */
  static constexpr int APART = THREADS / CHUNKS;
  static constexpr bool REGULAR = THREADS % CHUNKS == 0 && APART % 8 == 0;
  static constexpr bool WHOLE_K = STATIC_K > 0 && STATIC_K % BLOCK_K == 0;

  const tessera_input *first; /* the thread's first chunk at k = 0 */
  bool whole, words; /* accesses of 16 bytes are possible; of 4 */
  int rows, k, row;  /* the operand's; the thread's first row */

  /* Starts at row0 of an operand of rows x k. */
  TESSERA_DEVICE_MEMBER void begin(const tessera_input *operand, int row0, int rows, int k) {
    const int line_bytes = (TRANSPOSED ? rows : k) * INPUT_BYTES;
    whole = (size_t)operand % 16 == 0 && line_bytes % 16 == 0;
    words = (size_t)operand % 4 == 0 && line_bytes % 4 == 0;
    row = row0 + (TRANSPOSED ? in_line(0) : line(0));
    first = operand + (TRANSPOSED ? (long long)line(0) * rows + row : (long long)row * k + in_line(0));
    this->rows = rows, this->k = k;
  }

  static TESSERA_DEVICE_MEMBER int line(int i) {
    return REGULAR ? (int)threadIdx.x / CHUNKS + i * APART : ((int)threadIdx.x + i * THREADS) / CHUNKS;
  }
  static TESSERA_DEVICE_MEMBER int in_line(int i) { return ((int)threadIdx.x + (REGULAR ? 0 : i * THREADS)) % CHUNKS * CHUNK; }
  static TESSERA_DEVICE_MEMBER bool mine(int i) { return LINES * CHUNKS % THREADS == 0 || (int)threadIdx.x + i * THREADS < LINES * CHUNKS; }

  /* Where a chunk of a line lies, in bytes. Lines of 64 bytes share a set of banks by twos. */
  static TESSERA_DEVICE_MEMBER int place(int line, int chunk) {
    const int turn = CHUNKS >= 8 ? line % 8 : line / 2 % 4;
    return line * LINE_BYTES + (chunk ^ turn) * 16;
  }

  /* Starts fetching from k0 on; what lies outside rows x k becomes zero. */
  TESSERA_DEVICE_MEMBER void fetch(unsigned char *panel, int k0) const {
    TESSERA_UNROLL
    for (int i = 0; i < EACH; i++) {
      if (!mine(i)) break;
      const int lines = line(i) - line(0), along = in_line(i) - in_line(0);
      const int r = row + (TRANSPOSED ? along : lines), t = k0 + (TRANSPOSED ? line(i) : in_line(i));
      const tessera_input *from = first + (TRANSPOSED ? (long long)(k0 + lines) * rows : (long long)lines * k + k0) + along;
      const bool inside = r < rows && (WHOLE_K || t < k);
      unsigned char *to = panel + (REGULAR ? place(line(0), in_line(0) / CHUNK) + lines * LINE_BYTES : place(line(i), in_line(i) / CHUNK));
      if (ALIGNED) {
        copy_async(to, from, inside ? 16 : 0);
      } else {
        const int left = !inside ? 0 : TRANSPOSED ? rows - r : k - t, count = left < CHUNK ? left : CHUNK;
        if (whole)
          copy_async(to, from, count * INPUT_BYTES);
        else if (words)
          TESSERA_UNROLL
          for (int w = 0; w < 4; w++) {
            const int bytes = count * INPUT_BYTES - 4 * w;
            copy_async_word(to + 4 * w, (const unsigned char *)from + 4 * w, bytes < 0 ? 0 : bytes < 4 ? bytes : 4);
          }
        else
          TESSERA_UNROLL
          for (int e = 0; e < CHUNK; e++) ((tessera_input *)to)[e] = e < count ? from[e] : (tessera_input)0;
      }
    }
  }
};
