package tessera.measure;

/**
 * How something is timed; stored with every result.
 *
 * <p>On a CPU the clock drifts by more than repeats remove, so every block of calls stands between
 * two runs of a register-only multiply-add loop, and its time is scaled by that loop's speed. A
 * GPU's clock is steadier than such a loop can tell; there it only finds the device's peak.
 *
 * @param rounds blocks for each function, interleaved with those of the others
 * @param blockNanos least duration of a block of back-to-back calls
 * @param probeNanos duration of each multiply-add loop
 * @param rotateBytes weights rotate among copies that together exceed this; 0 keeps them warm
 * @param threads threads that run the call
 * @param noisyAbove a relative spread (p80 - p20) / median above which a timing is NOISY
 */
public record TimingPolicy(
    int rounds,
    long blockNanos,
    long probeNanos,
    long rotateBytes,
    int threads,
    double noisyAbove) {
  public TimingPolicy {
    if (rounds < 1 || blockNanos < 1 || probeNanos < 1 || rotateBytes < 0 || threads < 1) {
      throw new IllegalArgumentException(
          "rounds, blockNanos, probeNanos and threads must be positive: "
              + rounds
              + ", "
              + blockNanos
              + ", "
              + probeNanos
              + ", "
              + threads);
    }
  }

  /** Rounds for one candidate: few, since the search takes many. */
  public static final int TRIAL_ROUNDS = 7;

  /** Warm weights, blocks of 10 ms. */
  public static TimingPolicy onCpu(int rounds, int threads) {
    return new TimingPolicy(rounds, 10_000_000, 60_000, 0, threads, 0.5);
  }

  /**
   * Graphs of about 1 ms.
   *
   * @param rotateBytes twice the second-level cache
   */
  public static TimingPolicy onGpu(int rounds, long rotateBytes) {
    return new TimingPolicy(rounds, 1_000_000, 100_000, rotateBytes, 1, 0.5);
  }

  public long[] toArray() {
    return new long[] {rounds, blockNanos, probeNanos, rotateBytes, threads};
  }
}
