package tessera.microkernel;

/**
 * How a micro-kernel covers an output: what the adaptation cost needs to know of it.
 *
 * @param panelOverM whether the packed operand runs along m (else along n); the other operand is
 *     streamed
 * @param panelTile output elements of a tile along the panel axis
 * @param panelGrain an edge tile is padded to a multiple of this
 * @param panelBlock elements of the panel axis that are kept on chip together; the streamed operand
 *     is read once for each
 * @param streamTile output elements of a tile along the streamed axis, edges padded to whole tiles
 * @param splitM whether parallel parts divide m (else n)
 * @param reduction how the reduction is covered
 */
public record Tiling(
    boolean panelOverM,
    int panelTile,
    int panelGrain,
    int panelBlock,
    int streamTile,
    boolean splitM,
    Reduction reduction) {
  /**
   * How the k axis is covered.
   *
   * @param grain k is padded to a multiple of this
   * @param block steps after which a tile's sums go back to the output
   * @param overhead what starting and storing a tile costs for each block, in steps of the whole
   *     tile
   */
  public record Reduction(int grain, int block, int overhead) {
    /** Steps of one tile over a reduction of the given length. */
    public double steps(double k) {
      return Math.ceil(k / grain) * grain + overhead * Math.ceil(k / block);
    }
  }

  public int tileM() {
    return panelOverM ? panelTile : streamTile;
  }

  public int tileN() {
    return panelOverM ? streamTile : panelTile;
  }
}
