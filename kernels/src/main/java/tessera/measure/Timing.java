package tessera.measure;

import java.util.Arrays;
import tessera.operator.GemmShape;

/**
 * Samples of one function on one shape.
 *
 * @param nanos nanoseconds of a call, one for each round
 * @param probeGflops the core's speed around each, by which they are normalised; empty on a device
 *     whose clock is steadier than such a probe
 * @param clockMhz the device's clock in each round; empty where nothing tells
 * @param referenceGflops the speed of a fixed kernel in each round, by which devices and minutes
 *     can be compared; nothing is normalised by it; empty where there is a probe
 */
public record Timing(
    GemmShape shape,
    double[] nanos,
    double[] probeGflops,
    double[] clockMhz,
    double[] referenceGflops) {
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

  private double[] normalised(double peakGflops) {
    double[] seconds = new double[nanos.length];
    for (int i = 0; i < nanos.length; i++) {
      double scale = probeGflops.length == 0 ? 1 : probeGflops[i] / peakGflops;
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
