/* How operands lie in shared memory: as [k][row], so that a thread reads its fragments by 16 bytes.
 *
 * Stores come transposed where global memory has [row][k]. Those through registers bring four k of one row for each lane: the columns
 * of each group of four k are XORed with a constant. Asynchronous copies bring one float for each lane, eight k of four rows for a
 * warp: each k starts four banks after the one before. So neither those stores nor the reads of fragments have bank conflicts.
 */

constexpr int QUADS = BLOCK_K / 4;
constexpr int SWIZZLE_SHIFT = QUADS == 8 ? 2 : QUADS == 4 ? 3 : QUADS == 2 ? 4 : 5;

/* Floats from one k of a panel to the next: whole sets of banks, or an odd number of groups of four. */
template <int ROWS>
struct Stride {
  static constexpr int FLOATS = STAGES > 2 ? ROWS / 8 * 8 + 4 : (ROWS + 31) / 32 * 32;
};
constexpr int STRIDE_M = Stride<BLOCK_M>::FLOATS, STRIDE_N = Stride<BLOCK_N>::FLOATS;

/* The column at which `column` lies in row k of a panel. */
TESSERA_DEVICE int swizzled(int column, int k) { return STAGES > 2 ? column : column ^ ((k / 4 % QUADS) << SWIZZLE_SHIFT); }
/* The same in row `before` + k, where no bit is in both: one of them is known when this is compiled. */
TESSERA_DEVICE int swizzled(int column, int before, int k) { return swizzled(swizzled(column, before), k); }
