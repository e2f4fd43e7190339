package tessera.analysis.drift;

import java.util.Arrays;
import org.apache.commons.math3.distribution.PoissonDistribution;
import org.apache.commons.math3.random.RandomGenerator;
import org.apache.commons.math3.random.Well19937c;
import tessera.analysis.figures.Drift;

/**
 * Traces as long as one that is given, drawn from a distribution of shapes: the bootstrap of Efron
 * and Tibshirani, "An Introduction to the Bootstrap", chapter 6, with a Poisson count for each
 * shape, which takes as long for ten million calls as for ten.
 */
final class Draws {
  static final int COUNT = 1000;

  private static final double LOW = 0.025;
  private static final double HIGH = 0.975;

  /** A mean from which on a count is as good as normal; the library takes long for large ones. */
  private static final double NORMAL = 100;

  /** Equal figures whenever they are asked for. */
  private static final int SEED = 1;

  private final RandomGenerator random = new Well19937c(SEED);

  RandomGenerator random() {
    return random;
  }

  /**
   * Shares of [draw][class], each draw's of 1.
   *
   * @param shares of the distribution
   * @param calls of a trace
   */
  double[][] shares(double[] shares, double calls) {
    double[][] drawn = new double[COUNT][shares.length];
    for (int at = 0; at < shares.length; at++) {
      double mean = shares[at] * calls;
      if (mean > 0) {
        draw(drawn, at, mean);
      }
    }
    for (double[] draw : drawn) {
      double total = Arrays.stream(draw).sum();
      for (int at = 0; at < draw.length; at++) {
        draw[at] = total > 0 ? draw[at] / total : shares[at];
      }
    }
    return drawn;
  }

  private void draw(double[][] drawn, int at, double mean) {
    if (mean >= NORMAL) {
      for (double[] draw : drawn) {
        draw[at] = Math.max(0, mean + Math.sqrt(mean) * random.nextGaussian());
      }
      return;
    }
    PoissonDistribution poisson =
        new PoissonDistribution(
            random,
            mean,
            PoissonDistribution.DEFAULT_EPSILON,
            PoissonDistribution.DEFAULT_MAX_ITERATIONS);
    for (double[] draw : drawn) {
      draw[at] = poisson.sample();
    }
  }

  /** The value below which a share of all lies. */
  static double quantile(double[] values, double share) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[(int) Math.min(sorted.length - 1.0, share * sorted.length)];
  }

  /** A figure with the percentiles of what it was in the draws. */
  static Drift.Estimate percentiles(double value, double[] drawn) {
    return new Drift.Estimate(
        value, Math.min(value, quantile(drawn, LOW)), Math.max(value, quantile(drawn, HIGH)));
  }

  /**
   * A figure that chance alone makes larger: the draws lie above it by as much as it lies above the
   * truth, so they are reflected at it.
   */
  static Drift.Estimate reflected(double value, double[] drawn) {
    return new Drift.Estimate(
        value,
        Math.max(0, Math.min(value, 2 * value - quantile(drawn, HIGH))),
        Math.max(0, Math.max(value, 2 * value - quantile(drawn, LOW))));
  }
}
