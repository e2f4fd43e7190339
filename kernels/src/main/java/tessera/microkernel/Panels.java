package tessera.microkernel;

/**
 * The tiling of a CPU micro-kernel: a panel of one operand stays on chip while the other is
 * streamed by.
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
 * @param costs what a call costs
 */
public record Panels(
    boolean panelOverM,
    int panelTile,
    int panelGrain,
    int panelBlock,
    int streamTile,
    boolean splitM,
    Reduction reduction,
    Costs costs)
    implements Tiling {
  /**
   * What a call costs, whatever its size.
   *
   * @param callSeconds seconds of a call of one thread
   * @param threadsSeconds seconds of a call that wakes other threads
   */
  public record Costs(double callSeconds, double threadsSeconds) {}

  private static final int USUAL_EXTENT = 1024;

  @Override
  public int tileM() {
    return panelOverM ? panelTile : streamTile;
  }

  @Override
  public int tileN() {
    return panelOverM ? streamTile : panelTile;
  }

  /** The panel's operand is read once, the other once for each block of the panel. */
  @Override
  public double leanRatio() {
    return 1.0 / panelBlock + 1.0 / USUAL_EXTENT;
  }

  @Override
  public double richRatio() {
    return leanRatio() + 1.0 / tileM();
  }

  @Override
  public String kind() {
    return panelOverM ? "m" : "n";
  }
}
