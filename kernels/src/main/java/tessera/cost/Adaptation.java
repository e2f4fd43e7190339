package tessera.cost;

import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.Tiling;
import tessera.workload.GemmShape;

/**
 * What covering an instance with a micro-kernel takes, f_adapt of the DietCode paper
 * ("Micro-Kernel-based Cost Model"), as counts for the busiest of the parallel parts. Pure
 * arithmetic.
 *
 * @param steps multiply-adds, edges padded, with what the tiles' beginnings and ends cost
 * @param elements elements packed, streamed and stored
 * @param paddingEfficiency useful over computed multiply-adds, in (0, 1]
 * @param waveEfficiency mean over greatest work of the parts, in (0, 1]
 */
public record Adaptation(
    double steps, double elements, double paddingEfficiency, double waveEfficiency) {
  /** Seconds that a call costs whatever its size: a function call, or waking the other threads. */
  private static final double CALL_SECONDS = 1e-7;

  private static final double THREADS_SECONDS = 3e-6;

  public static Adaptation of(Tiling tiling, GemmShape shape, int threads) {
    long alongSplit =
        divideUp(
            tiling.splitM() ? shape.m() : shape.n(),
            tiling.splitM() ? tiling.tileM() : tiling.tileN());
    long units = shape.batch() * alongSplit;
    double share = (double) divideUp(units, threads) / units;
    double panel = tiling.panelOverM() ? shape.m() : shape.n();
    double stream = tiling.panelOverM() ? shape.n() : shape.m();
    double paddedPanel = roundUp(panel, tiling.panelGrain());
    double paddedStream = roundUp(stream, tiling.streamTile());
    // Parts of one matrix share the axis that is split and each read all of the other; whole
    // matrices share nothing.
    boolean whole = shape.batch() >= threads;
    double panelShare = whole || tiling.splitM() == tiling.panelOverM() ? share : 1;
    double streamShare = whole || tiling.splitM() != tiling.panelOverM() ? share : 1;
    double passes = Math.ceil(panel * (whole ? 1 : panelShare) / tiling.panelBlock());
    double moved =
        shape.k() * (paddedPanel * panelShare + passes * stream * streamShare)
            + panel * stream * share;
    return new Adaptation(
        share * shape.batch() * paddedPanel * paddedStream * tiling.reduction().steps(shape.k()),
        shape.batch() * moved,
        panel
            * stream
            * shape.k()
            / (paddedPanel * paddedStream * roundUp(shape.k(), tiling.reduction().grain())),
        1 / (share * threads));
  }

  /** Predicted seconds of the instance. */
  public double seconds(MicroKernelCost cost, int threads) {
    double call = threads > 1 ? THREADS_SECONDS : CALL_SECONDS;
    return call + steps * cost.secondsPerStep() + elements * cost.secondsPerElement();
  }

  private static long divideUp(long a, long b) {
    return (a + b - 1) / b;
  }

  private static double roundUp(double value, int unit) {
    return Math.ceil(value / unit) * unit;
  }
}
