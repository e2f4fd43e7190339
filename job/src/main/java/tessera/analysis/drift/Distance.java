package tessera.analysis.drift;

import java.util.Arrays;
import tessera.analysis.figures.Drift;

/**
 * Total variation distance of what is called to what was tuned for, with how sure it is.
 *
 * @param noise the distance that one in a hundred traces as long passes where nothing moved
 */
record Distance(Drift.Estimate estimate, double noise) {
  private static final double RARE = 0.99;

  /**
   * @param tuned shares of the classes
   * @param called the same of the trace
   * @param calls of the trace
   */
  static Distance of(double[] tuned, double[] called, double calls) {
    Draws draws = new Draws();
    double[] again = distances(tuned, draws.shares(called, calls));
    double[] unmoved = distances(tuned, draws.shares(tuned, calls));
    return new Distance(
        Draws.reflected(between(tuned, called), again), Draws.quantile(unmoved, RARE));
  }

  private static double[] distances(double[] tuned, double[][] draws) {
    return Arrays.stream(draws).mapToDouble(draw -> between(tuned, draw)).toArray();
  }

  static double between(double[] one, double[] other) {
    double sum = 0;
    for (int i = 0; i < one.length; i++) {
      sum += Math.abs(one[i] - other[i]);
    }
    return sum / 2;
  }

  /** Whether it is surely more than a threshold, and more than chance. */
  boolean exceeds(double threshold) {
    return estimate.low() > threshold && estimate.value() > noise;
  }
}
