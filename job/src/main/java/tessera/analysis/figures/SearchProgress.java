package tessera.analysis.figures;

import java.util.List;

/**
 * A search over time: its rounds, the best speed after each trial, and where the time went.
 *
 * @param steps of the whole run, in order
 */
public record SearchProgress(List<Round> rounds, Known<List<Best>> best, Known<List<Step>> steps) {
  /**
   * A round. Seconds of building, verifying, timing and waiting are those of all devices together;
   * building goes on while devices time.
   *
   * @param search of a search for one shape alone, its folder; empty for the joint one
   * @param busyShare share of the devices' time in which they verified or timed
   * @param waitSeconds devices neither verified nor timed
   * @param beginSeconds from the run's start to the round's
   * @param measureSeconds of wall time in which the round was measured
   * @param learnSeconds of wall time in which the cost model was trained before it
   */
  public record Round(
      String search,
      int round,
      int trials,
      int ok,
      double busyShare,
      double buildSeconds,
      double verifySeconds,
      double timeSeconds,
      Known<Double> waitSeconds,
      Known<Double> beginSeconds,
      Known<Double> measureSeconds,
      Known<Double> learnSeconds) {}

  /**
   * The best that was known after a trial, where it was an improvement.
   *
   * @param trials measured so far, this one included
   * @param seconds the weighted mean over the sampled instances, each by the best micro-kernel
   * @param gflops the weighted speed
   */
  public record Best(String search, int round, int trials, double seconds, double gflops) {}

  /** A step of the run, such as a pass of the contest. */
  public record Step(String name, double beginSeconds, double seconds) {}
}
