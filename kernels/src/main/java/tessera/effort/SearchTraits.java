package tessera.effort;

/**
 * How micro-kernels are searched for on a kind of device, whatever the effort.
 *
 * @param batch candidates of a round, at most: a device that is done with them before the next
 *     model is trained takes more
 * @param breadth how unlike the micro-kernels are that a search keeps
 */
public record SearchTraits(int batch, Breadth breadth) {
  /** So that a model learns from a round. */
  private static final int LEAST_BATCH = 16;

  /** Candidates of a round of a budget that is divided into some rounds at least. */
  public int batch(int trials, int rounds) {
    return Math.min(batch, Math.max(LEAST_BATCH, trials / rounds));
  }
}
