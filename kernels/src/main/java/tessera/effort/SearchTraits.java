package tessera.effort;

/**
 * How micro-kernels are searched for on a kind of device, whatever the effort.
 *
 * @param batch candidates of a round of one device, at most: a device that is done with them before
 *     the next model is trained takes more
 * @param breadth how unlike the micro-kernels are that a search keeps
 * @param leavesCores whether other work on its host's cores changes no time that it measures
 */
public record SearchTraits(int batch, Breadth breadth, boolean leavesCores) {
  /** So that a model learns from a round. */
  private static final int LEAST_BATCH = 16;

  /** So that devices are not idle for long between rounds. */
  private static final int LEAST_SEEDED_BATCH = 4;

  /** Beyond this the driver's proposals get worse faster than its work gets less. */
  private static final int MOST_CANDIDATES = 1024;

  /**
   * Rounds of a budget that is divided into some at least. Several devices have as many candidates
   * each as one alone, in two rounds at once of half the size, so that they have work while the
   * next round is proposed.
   *
   * @param devices that measure side by side
   */
  public RoundSize rounds(int trials, int rounds, int devices) {
    return rounds(trials, rounds, devices, LEAST_BATCH);
  }

  /** As {@link #rounds}, where the model has learned before: it is corrected by few trials. */
  public RoundSize seededRounds(int trials, int rounds, int devices) {
    return rounds(trials, rounds, devices, LEAST_SEEDED_BATCH);
  }

  private RoundSize rounds(int trials, int rounds, int devices, int least) {
    long most = (long) batch * Math.max(1, devices);
    int together = (int) Math.min(most, Math.max(least, trials / rounds));
    return devices > 1
        ? new RoundSize(Math.min(MOST_CANDIDATES, (together + 1) / 2), 2)
        : RoundSize.alone(together);
  }
}
