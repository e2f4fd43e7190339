package tessera.analysis.drift;

import java.util.Arrays;
import tessera.analysis.figures.Drift;

/**
 * What the present bundle takes on some shapes over what the best micro-kernels would take that
 * their run measured, relative to the same on the shapes that it was tuned for. There a bundle has
 * nothing to gain, so what the figure shows there is error: of predictions, of which the best are
 * too good to be true, and of a portfolio that is chosen to be small.
 */
final class Gain {
  /**
   * Shapes with what calls of them take.
   *
   * @param weights of the shapes
   * @param present seconds of each by the present bundle
   * @param main the micro-kernel that computes most of each
   * @param rivals seconds of [shape][micro-kernel]
   */
  record Times(double[] weights, double[] present, int[] main, double[][] rivals) {
    /** The present bundle's time over the best, where times of micro-kernels are off by factors. */
    private double ratio(double[] drawn, double[] factors) {
      double all = 0;
      double least = 0;
      for (int shape = 0; shape < drawn.length; shape++) {
        if (drawn[shape] > 0) {
          double seconds = present[shape] * factors[main[shape]];
          double best = seconds;
          for (int kernel = 0; kernel < factors.length; kernel++) {
            best = Math.min(best, rivals[shape][kernel] * factors[kernel]);
          }
          all += drawn[shape] * seconds;
          least += drawn[shape] * best;
        }
      }
      return all / least;
    }
  }

  private final Times tuned;
  private final Times called;
  private final double[] doubts;

  /**
   * @param doubts the standard error of the logarithm of each micro-kernel's times
   */
  Gain(Times tuned, Times called, double[] doubts) {
    this.tuned = tuned;
    this.called = called;
    this.doubts = doubts;
  }

  /** How sure it is follows from other calls and other errors of the times, both at once. */
  Drift.Estimate estimate(double calls) {
    Draws draws = new Draws();
    double[][] drawn = draws.shares(called.weights(), calls);
    double[] factors = new double[doubts.length];
    double[] gains = new double[Draws.COUNT];
    for (int draw = 0; draw < gains.length; draw++) {
      for (int kernel = 0; kernel < factors.length; kernel++) {
        factors[kernel] = Math.exp(doubts[kernel] * draws.random().nextGaussian());
      }
      gains[draw] = gain(drawn[draw], factors);
    }
    Arrays.fill(factors, 1);
    return Draws.percentiles(gain(called.weights(), factors), gains);
  }

  /** At least 1: a bundle that gains nothing stays as it is. */
  private double gain(double[] drawn, double[] factors) {
    return Math.max(1, called.ratio(drawn, factors) / tuned.ratio(tuned.weights(), factors));
  }
}
