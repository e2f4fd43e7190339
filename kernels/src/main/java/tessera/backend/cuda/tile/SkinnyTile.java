package tessera.backend.cuda.tile;

import tessera.microkernel.MicroKernel;

/**
 * The parameters of {@code skinny/skinny.cu}, and what the template derives from them.
 *
 * @param rows output rows of a block
 * @param columns output columns of a warp
 * @param warps warps of a block
 * @param split warps that split the reduction of the same columns
 * @param unroll 16-byte loads of each column that a lane has under way
 * @param resident blocks per SM for which ptxas bounds registers
 * @param secondIsNk whether the second operand is [n, k], else [k, n]
 */
public record SkinnyTile(
    int rows, int columns, int warps, int split, int unroll, int resident, boolean secondIsNk)
    implements CudaTile {
  /** Output columns of a warp where the second operand is [k, n]. */
  public static final int WIDE = 128;

  /* Registers for addresses and counters: of the kernel, and of each row up to some; ptxas spills below that. */
  private static final int OTHER_REGISTERS = 24;
  private static final int ROW_REGISTERS = 8;
  private static final int MOST_ROW_REGISTERS = 40;

  /** The tile of a micro-kernel of the family. */
  public static SkinnyTile of(MicroKernel kernel, boolean secondIsNk) {
    return new SkinnyTile(
        kernel.get("rows"),
        kernel.get("columns"),
        kernel.get("warps"),
        kernel.get("split"),
        kernel.get("unroll"),
        kernel.get("resident"),
        secondIsNk);
  }

  @Override
  public int blockM() {
    return rows;
  }

  @Override
  public int blockN() {
    return warps / split * columns;
  }

  /** Reduction steps for which a block has vectors under way at once. */
  @Override
  public int blockK() {
    return (secondIsNk ? 4 * WARP : 1) * split * unroll;
  }

  /** Whether a warp's lanes can store its sums. */
  public boolean isWhole() {
    return (secondIsNk ? rows * columns <= WARP : columns == WIDE) && warps % split == 0;
  }

  @Override
  public int threads() {
    return WARP * warps;
  }

  /** Output columns of one lane. */
  private int laneColumns() {
    return secondIsNk ? columns : 4;
  }

  /** Vectors of 16 bytes of the second operand that a thread has under way. */
  private int vectors() {
    return unroll * (secondIsNk ? laneColumns() : 1);
  }

  /** Bytes of the second operand that so many blocks have under way. */
  public double bytesUnderWay(int blocks) {
    return 16.0 * vectors() * threads() * blocks;
  }

  /** Registers of a thread: its sums, the vectors under way, and one of each row. */
  @Override
  public int registers() {
    return rows * laneColumns()
        + 4 * vectors()
        + 4 * rows
        + Math.min(MOST_ROW_REGISTERS, ROW_REGISTERS * rows)
        + OTHER_REGISTERS;
  }

  /** Bytes of SHARED_FLOATS of the template. */
  @Override
  public int sharedBytes() {
    return Float.BYTES * warps * rows * columns;
  }
}
