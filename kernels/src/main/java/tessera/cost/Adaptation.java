package tessera.cost;

import tessera.microkernel.Grid;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.Panels;
import tessera.microkernel.Tiling;
import tessera.operator.GemmShape;
import tessera.operator.Rounding;

/**
 * What covering an instance with a micro-kernel takes, f_adapt of the DietCode paper
 * ("Micro-Kernel-based Cost Model"), as counts for the busiest of the parallel parts. Pure
 * arithmetic.
 *
 * @param steps multiply-adds, edges padded, with what the tiles' beginnings and ends cost
 * @param elements elements packed, streamed and stored
 * @param paddingEfficiency useful over computed multiply-adds, in (0, 1]
 * @param waveEfficiency mean over greatest work of the parts, in (0, 1]
 * @param callSeconds what a call costs whatever its size
 */
public record Adaptation(
    double steps,
    double elements,
    double paddingEfficiency,
    double waveEfficiency,
    double callSeconds) {
  /** The least share of a measured time that is not the call's own cost. */
  private static final double LEAST_SHARE = 0.25;

  /**
   * @param threads that run a call; nothing to a grid, which has the whole device
   */
  public static Adaptation of(Tiling tiling, GemmShape shape, int threads) {
    return tiling instanceof Grid grid
        ? ofGrid(grid, shape)
        : ofPanels((Panels) tiling, shape, threads);
  }

  /**
   * A slot of the device runs one block after another; steps and elements are those of the busiest
   * slot. Ranges of stream-K that cut tiles begin and end more of them, and leave partial sums:
   * each is written once, and read by the block that finishes the tile, one after the other. A
   * persistent block pays for the beginning of its first tile and the end of each, or of its last
   * one in ping-pong.
   */
  private static Adaptation ofGrid(Grid grid, GemmShape shape) {
    double tiles =
        (double) shape.batch()
            * Rounding.divideUp(shape.m(), grid.tileM())
            * Rounding.divideUp(shape.n(), grid.tileN());
    double blocks = grid.blocks((long) tiles);
    double rounds = tiles / blocks; // of a range of stream-K, or a persistent block
    double waves =
        switch (grid.schedule()) {
          case WAVES -> waves(grid, blocks);
          case STREAM_K -> rounds * occupied(grid, blocks);
          case PERSISTENT, PING_PONG -> Math.ceil(rounds) * occupied(grid, blocks);
        };
    double k = (double) shape.k() / grid.splitK();
    double area = (double) grid.tileM() * grid.tileN() / grid.multicast();
    boolean cut = grid.isStreamK() && rounds != Math.rint(rounds);
    double partials = cut ? (1 + Math.max(1, 1 / rounds)) * area : 0;
    double exchanged = grid.splitK() > 1 ? area : 0;
    double padded =
        tiles * grid.tileM() * grid.tileN() * Rounding.roundUp(shape.k(), grid.reduction().grain());
    double beginning = grid.costs().beginningShare();
    double ends =
        switch (grid.schedule()) {
          case WAVES -> waves;
          case STREAM_K ->
              waves + (cut ? 1 + grid.costs().gatheringShare() * Math.max(0, 1 / rounds - 1) : 0);
          case PERSISTENT -> beginning + (1 - beginning) * Math.ceil(rounds);
          case PING_PONG -> 1;
        };
    return new Adaptation(
        area
            * (waves * Rounding.roundUp(k, grid.reduction().grain())
                + ends * grid.reduction().overhead()),
        waves * (k * (grid.tileM() + grid.tileN()) / grid.multicast() + area)
            + partials
            + exchanged,
        (double) shape.batch() * shape.m() * shape.n() * shape.k() / padded,
        tiles * grid.clusterBlocks() / grid.slots() / waves,
        grid.costs().launchSeconds() + conversion(grid, shape));
  }

  /** The launch before the kernel's that turns operands into another form; they overlap. */
  private static double conversion(Grid grid, GemmShape shape) {
    double elements = (double) shape.batch() * (shape.m() + shape.n()) * shape.k();
    return grid.secondsPerInput() > 0
        ? grid.costs().conversionSeconds() + elements * grid.secondsPerInput()
        : 0;
  }

  /** How often whole blocks fill the device. */
  private static double waves(Grid grid, double blocks) {
    double full = Math.floor(Math.ceil(blocks / grid.multiprocessors()) / grid.resident());
    double rest = blocks - full * grid.slots();
    return full + (rest > 0 ? occupied(grid, rest) : 0);
  }

  /**
   * The time of a block where some multiprocessors hold fewer than they could, relative to a full
   * device: it is faster then, though not in proportion, since fewer hide each other's latency.
   */
  private static double occupied(Grid grid, double blocks) {
    double busiest = Math.ceil(blocks / grid.multiprocessors());
    return Math.min(1, Math.pow(busiest / grid.resident(), grid.coResidencyExponent()));
  }

  private static Adaptation ofPanels(Panels tiling, GemmShape shape, int threads) {
    long alongSplit =
        Rounding.divideUp(
            tiling.splitM() ? shape.m() : shape.n(),
            tiling.splitM() ? tiling.tileM() : tiling.tileN());
    long units = shape.batch() * alongSplit;
    double share = (double) Rounding.divideUp(units, threads) / units;
    double panel = tiling.panelOverM() ? shape.m() : shape.n();
    double stream = tiling.panelOverM() ? shape.n() : shape.m();
    double paddedPanel = Rounding.roundUp(panel, tiling.panelGrain());
    double paddedStream = Rounding.roundUp(stream, tiling.streamTile());
    // Parts of one matrix share the axis that is split and each read all of the other; whole
    // matrices share nothing.
    boolean whole = shape.batch() >= threads;
    double panelShare = whole || tiling.splitM() == tiling.panelOverM() ? share : 1;
    double streamShare = whole || tiling.splitM() != tiling.panelOverM() ? share : 1;
    double passes = Math.ceil(panel * (whole ? 1 : panelShare) / tiling.panelBlock());
    // every block of the reduction but the first reads the output as well as writing it
    double stores = 2 * Math.ceil((double) shape.k() / tiling.reduction().block()) - 1;
    double moved =
        shape.k() * (paddedPanel * panelShare + passes * stream * streamShare)
            + stores * panel * stream * share;
    return new Adaptation(
        share * shape.batch() * paddedPanel * paddedStream * tiling.reduction().steps(shape.k()),
        shape.batch() * moved,
        panel
            * stream
            * shape.k()
            / (paddedPanel
                * paddedStream
                * Rounding.roundUp(shape.k(), tiling.reduction().grain())),
        1 / (share * threads),
        threads > 1 ? tiling.costs().threadsSeconds() : tiling.costs().callSeconds());
  }

  /** Predicted seconds of the instance. */
  public double seconds(MicroKernelCost cost) {
    return callSeconds + steps * cost.secondsPerStep() + elements * cost.secondsPerElement();
  }

  /** Of measured seconds those that the steps and elements took. */
  public double withoutCall(double seconds) {
    return Math.max(LEAST_SHARE * seconds, seconds - callSeconds);
  }
}
