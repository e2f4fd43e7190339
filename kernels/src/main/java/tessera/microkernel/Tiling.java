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
 */
public record Tiling(
    boolean panelOverM,
    int panelTile,
    int panelGrain,
    int panelBlock,
    int streamTile,
    boolean splitM) {
  public int tileM() {
    return panelOverM ? panelTile : streamTile;
  }

  public int tileN() {
    return panelOverM ? streamTile : panelTile;
  }
}
