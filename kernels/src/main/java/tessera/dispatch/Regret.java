package tessera.dispatch;

/**
 * How much longer the dispatched kernel takes than the best of the portfolio: time over best time,
 * minus 1.
 */
public record Regret(double mean, double worst) {
  /**
   * @param seconds [instance][kernel]
   * @param chosen the kernel of each instance
   * @param weights of the instances
   */
  public static Regret of(double[][] seconds, int[] chosen, double[] weights) {
    double sum = 0;
    double total = 0;
    double worst = 0;
    for (int i = 0; i < seconds.length; i++) {
      double regret = at(seconds[i], chosen[i]);
      sum += weights[i] * regret;
      total += weights[i];
      worst = Math.max(worst, regret);
    }
    return new Regret(total > 0 ? sum / total : 0, worst);
  }

  /** The regret of one choice. */
  public static double at(double[] seconds, int chosen) {
    double best = Double.POSITIVE_INFINITY;
    for (double s : seconds) {
      best = Math.min(best, s);
    }
    return seconds[chosen] / best - 1;
  }
}
