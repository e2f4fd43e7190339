package tessera.measure;

import java.time.Duration;

/**
 * How long the parts of a run may take before they are given up, so that one candidate never costs
 * a noticeable share of a budget.
 *
 * @param build of one compile for a trial
 * @param step without progress in a worker process, beside what its calls should take: to load a
 *     function, to check it on one shape, or to time one block of calls
 * @param trial of verifying and timing one candidate
 */
public record Patience(Duration build, Duration step, Duration trial) {
  /** For what has no budget. */
  public static final Patience USUAL =
      new Patience(Duration.ofSeconds(60), Duration.ofSeconds(6), Duration.ofSeconds(20));

  /** For calls that are bounded by their steps alone. */
  public static final Duration UNLIMITED = Duration.ofDays(1);

  /** To start a worker process, with the driver of its device. */
  public static final Duration START = Duration.ofSeconds(30);

  /** Shares of a budget. */
  private static final double BUILD = 0.08;

  private static final double STEP = 0.06;
  private static final double TRIAL = 0.2;

  /**
   * That of a run.
   *
   * @param budgetSeconds from its start to its bundle
   */
  public static Patience of(double budgetSeconds) {
    return new Patience(
        between(10, BUILD * budgetSeconds, 60),
        between(2, STEP * budgetSeconds, 6),
        between(5, TRIAL * budgetSeconds, 20));
  }

  private static Duration between(double least, double seconds, double most) {
    return Duration.ofMillis((long) (1e3 * Math.max(least, Math.min(most, seconds))));
  }

  /** The same with another limit for a candidate, and at most that for a step. */
  public Patience withTrial(Duration limit) {
    return new Patience(build, limit.compareTo(step) < 0 ? limit : step, limit);
  }
}
