package tessera.microkernel;

import tessera.operator.GemmShape;
import tessera.operator.Rounding;

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
 * @param streamTile output elements of a tile along the streamed axis
 * @param streamLeast a tile takes as long as one of so many at least; as streamTile where edges are
 *     padded to whole tiles, fewer where tiles share the axis evenly
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
    int streamLeast,
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

  /** One whose edge tiles along the streamed axis are padded to whole tiles. */
  public Panels(
      boolean panelOverM,
      int panelTile,
      int panelGrain,
      int panelBlock,
      int streamTile,
      boolean splitM,
      Reduction reduction,
      Costs costs) {
    this(
        panelOverM,
        panelTile,
        panelGrain,
        panelBlock,
        streamTile,
        streamTile,
        splitM,
        reduction,
        costs);
  }

  private long paddedStream(long stream) {
    return Math.max(stream, Rounding.divideUp(stream, streamTile) * streamLeast);
  }

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

  @Override
  public Adaptation adaptation(GemmShape shape, int threads) {
    long alongSplit =
        Rounding.divideUp(splitM() ? shape.m() : shape.n(), splitM() ? tileM() : tileN());
    long units = shape.batch() * alongSplit;
    double share = (double) Rounding.divideUp(units, threads) / units;
    double panel = panelOverM() ? shape.m() : shape.n();
    double stream = panelOverM() ? shape.n() : shape.m();
    double paddedPanel = Rounding.roundUp(panel, panelGrain());
    double paddedStream = paddedStream(panelOverM() ? shape.n() : shape.m());
    // Parts of one matrix share the axis that is split and each read all of the other; whole
    // matrices share nothing.
    boolean whole = shape.batch() >= threads;
    double panelShare = whole || splitM() == panelOverM() ? share : 1;
    double streamShare = whole || splitM() != panelOverM() ? share : 1;
    double passes = Math.ceil(panel * (whole ? 1 : panelShare) / panelBlock());
    // every block of the reduction but the first reads the output as well as writing it
    double stores = 2 * Math.ceil((double) shape.k() / reduction().block()) - 1;
    double moved =
        shape.k() * (paddedPanel * panelShare + passes * stream * streamShare)
            + stores * panel * stream * share;
    return new Adaptation(
        share * shape.batch() * paddedPanel * paddedStream * reduction().steps(shape.k()),
        shape.batch() * moved,
        panel
            * stream
            * shape.k()
            / (paddedPanel * paddedStream * Rounding.roundUp(shape.k(), reduction().grain())),
        1 / (share * threads),
        threads > 1 ? costs().threadsSeconds() : costs().callSeconds());
  }
}
