package tessera.microkernel;

/**
 * The tiling of a GPU micro-kernel: blocks of a grid, each with a tile, so many of them resident at
 * once.
 *
 * @param tileM output rows of a block's tile
 * @param tileN output columns of a block's tile
 * @param slots blocks that the whole device holds at once
 * @param share blocks that divide the reduction of one tile among them
 * @param even whether the reductions of all tiles are cut into equal ranges, one for each slot
 *     (stream-K), instead of whole tiles in waves
 * @param reduction how the reduction is covered
 */
public record Grid(int tileM, int tileN, int slots, int share, boolean even, Reduction reduction)
    implements Tiling {
  public Grid {
    if (tileM < 1 || tileN < 1 || slots < 1 || share < 1 || (even && share > 1)) {
      throw new IllegalArgumentException(
          "a grid needs positive sizes, and even ranges share no tile otherwise: tile "
              + tileM
              + "x"
              + tileN
              + " slots "
              + slots
              + " share "
              + share);
    }
  }

  @Override
  public double leanRatio() {
    return 1.0 / tileM + 1.0 / tileN;
  }

  /** Every block reads its own operands, so one tile moves as much for its work as many. */
  @Override
  public double richRatio() {
    return leanRatio();
  }

  @Override
  public String kind() {
    return even ? "even" : "share" + share;
  }
}
