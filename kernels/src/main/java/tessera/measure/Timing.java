package tessera.measure;

import java.util.Arrays;
import java.util.Map;
import java.util.OptionalDouble;
import tessera.operator.Problem;

/**
 * Samples of one function on one problem.
 *
 * @param nanos nanoseconds of a call, one for each round
 * @param speeds GFLOP/s of a fixed loop around each sample, by which it is normalised; empty on a
 *     device whose clock is steadier than such a loop
 * @param observed what else the back end saw in each round, by a name with its unit; nothing is
 *     normalised by it
 */
public record Timing(
    Problem problem, double[] nanos, double[] speeds, Map<String, double[]> observed) {
  /** Observed on a device without {@code speeds}: GFLOP/s of a fixed kernel after each round. */
  public static final String REFERENCE = "reference_gflops";

  /** The median time, as if a core that drifts had run at the given speed; seconds. */
  public double seconds(double peakGflops) {
    return median(normalised(peakGflops));
  }

  /** (p80 - p20) / median of the normalised samples. */
  public double spread(double peakGflops) {
    double[] sorted = normalised(peakGflops);
    Arrays.sort(sorted);
    int last = sorted.length - 1;
    return (sorted[(int) Math.round(0.8 * last)] - sorted[(int) Math.round(0.2 * last)])
        / median(sorted);
  }

  /** GFLOP/s of what never changes, as it ran around the samples; empty where nothing did. */
  public OptionalDouble referenceSpeed() {
    double[] known = speeds.length > 0 ? speeds : observed.getOrDefault(REFERENCE, speeds);
    return known.length == 0 ? OptionalDouble.empty() : OptionalDouble.of(median(known));
  }

  private double[] normalised(double peakGflops) {
    double[] seconds = new double[nanos.length];
    for (int i = 0; i < nanos.length; i++) {
      double scale = speeds.length == 0 ? 1 : speeds[i] / peakGflops;
      seconds[i] = 1e-9 * nanos[i] * scale;
    }
    return seconds;
  }

  /** The middle value, or the mean of the two in the middle. */
  public static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
