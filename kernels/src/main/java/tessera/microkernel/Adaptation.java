package tessera.microkernel;

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

  /** Predicted seconds of the instance. */
  public double seconds(MicroKernelCost cost) {
    return callSeconds + steps * cost.secondsPerStep() + elements * cost.secondsPerElement();
  }

  /** Of measured seconds those that the steps and elements took. */
  public double withoutCall(double seconds) {
    return Math.max(LEAST_SHARE * seconds, seconds - callSeconds);
  }
}
