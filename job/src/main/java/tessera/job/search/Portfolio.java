package tessera.job.search;

import java.util.ArrayList;
import java.util.List;

/** Chooses which micro-kernels a bundle ships. */
public final class Portfolio {
  private static final int MOST_EXACT = 5;

  private Portfolio() {}

  /**
   * The smallest set whose weighted relative time is within {@code tolerance} of the best that all
   * together reach. Exact up to five, greedy beyond.
   *
   * @param seconds [kernel][instance], measured
   * @return indices of kernels, ascending
   */
  public static List<Integer> smallest(double[][] seconds, double[] weights, double tolerance) {
    double[] best = best(seconds);
    for (int size = 1; size <= Math.min(MOST_EXACT, seconds.length); size++) {
      List<Integer> chosen = bestOfSize(seconds, weights, best, size, 0, List.of());
      if (loss(seconds, weights, best, chosen) <= 1 + tolerance) {
        return chosen;
      }
    }
    return greedy(seconds, weights, best, tolerance);
  }

  private static List<Integer> bestOfSize(
      double[][] seconds,
      double[] weights,
      double[] best,
      int size,
      int from,
      List<Integer> chosen) {
    if (chosen.size() == size) {
      return chosen;
    }
    List<Integer> winner = List.of();
    double least = Double.POSITIVE_INFINITY;
    for (int next = from; next <= seconds.length - (size - chosen.size()); next++) {
      List<Integer> wider = new ArrayList<>(chosen);
      wider.add(next);
      List<Integer> whole = bestOfSize(seconds, weights, best, size, next + 1, wider);
      double loss = loss(seconds, weights, best, whole);
      if (loss < least) {
        least = loss;
        winner = whole;
      }
    }
    return winner;
  }

  private static List<Integer> greedy(
      double[][] seconds, double[] weights, double[] best, double tolerance) {
    List<Integer> chosen = new ArrayList<>();
    while (chosen.isEmpty() || loss(seconds, weights, best, chosen) > 1 + tolerance) {
      int winner = -1;
      double least = Double.POSITIVE_INFINITY;
      for (int next = 0; next < seconds.length; next++) {
        List<Integer> wider = new ArrayList<>(chosen);
        wider.add(next);
        double loss =
            chosen.contains(next) ? Double.POSITIVE_INFINITY : loss(seconds, weights, best, wider);
        if (loss < least) {
          least = loss;
          winner = next;
        }
      }
      chosen.add(winner);
    }
    return chosen.stream().sorted().toList();
  }

  /** The weighted mean of the set's best time over the best time of all; 1 is perfect. */
  private static double loss(
      double[][] seconds, double[] weights, double[] best, List<Integer> chosen) {
    double sum = 0;
    double total = 0;
    for (int i = 0; i < best.length; i++) {
      double least = Double.POSITIVE_INFINITY;
      for (int kernel : chosen) {
        least = Math.min(least, seconds[kernel][i]);
      }
      sum += weights[i] * least / best[i];
      total += weights[i];
    }
    return chosen.isEmpty() ? Double.POSITIVE_INFINITY : sum / total;
  }

  private static double[] best(double[][] seconds) {
    double[] best = seconds[0].clone();
    for (double[] kernel : seconds) {
      for (int i = 0; i < best.length; i++) {
        best[i] = Math.min(best[i], kernel[i]);
      }
    }
    return best;
  }
}
