package tessera.analysis.figures;

import java.util.List;
import java.util.Map;

/**
 * The figures that a run or a bundle is judged by.
 *
 * @param name the folder that was opened
 * @param state how far the run came
 * @param vendor speed beside the vendors' libraries, within the range that was asked for
 * @param beyond the same beyond it
 * @param seconds from the run's start to its end
 * @param outcomes trials by how they ended
 * @param kernels micro-kernels of the portfolio
 * @param heldOut what dispatch loses on shapes that nothing was timed on before
 * @param policy how a trial is timed: the fields of {@code tessera.measure.TimingPolicy}
 */
public record Headline(
    String name,
    State state,
    WorkloadWords workload,
    Known<RunWords> run,
    Known<BundleWords> bundle,
    Known<Against> vendor,
    Known<Against> beyond,
    Known<Double> seconds,
    Known<Map<String, Long>> outcomes,
    Known<Integer> kernels,
    Known<HeldOut> heldOut,
    HardwareWords hardware,
    Known<Map<String, String>> versions,
    Known<Map<String, Object>> policy) {
  /** How far a run came. */
  public enum State {
    /** It published a bundle. */
    DELIVERED,
    /** It has trials that are right and no bundle: it can be resumed. */
    INTERRUPTED,
    /** No trial of it was right. */
    ALL_FAILED,
    /** No round of it was finished. */
    EMPTY
  }

  /** The operator with its extents, in words. */
  public record WorkloadWords(
      String name,
      String operator,
      String numerics,
      String epilogue,
      List<String> variables,
      Map<String, String> extents) {}

  /** A run's folder and settings, in words. */
  public record RunWords(
      String folder,
      String strategy,
      String effort,
      int budgetTrials,
      double budgetSeconds,
      long seed,
      int threads) {}

  /**
   * A bundle, in words.
   *
   * @param leaves of the decision tree
   */
  public record BundleWords(
      String folder, String id, String created, int plans, int leaves, int depth) {}

  /**
   * Speed relative to the fastest library on each shape; above 1 is faster than it.
   *
   * @param library its name, or several
   * @param weighted the library's weighted time over that of the bundle
   * @param worst the least ratio
   * @param worstShape where it is
   * @param shapes how many were timed beside it
   */
  public record Against(
      String library,
      Known<Double> weighted,
      double geometricMean,
      double worst,
      List<Long> worstShape,
      int shapes) {}

  /**
   * The dispatched plan's time over the best plan's, less 1.
   *
   * @param shapes that were held out and timed
   * @param low the 5th percentile of the mean, by resampling of the shapes
   * @param high the 95th
   */
  public record HeldOut(int shapes, double mean, double worst, double low, double high) {}

  /**
   * The hardware that was tuned for.
   *
   * @param limits the target's fields by their names
   */
  public record HardwareWords(
      String kind, String model, String folder, double peakGflops, Map<String, Object> limits) {}
}
