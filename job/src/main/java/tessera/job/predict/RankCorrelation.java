package tessera.job.predict;

import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** How well one list of numbers orders what another measures. */
public final class RankCorrelation {
  private RankCorrelation() {}

  /** Spearman's coefficient; ties share their mean rank; 0 when either list is constant. */
  public static double spearman(double[] a, double[] b) {
    double[] x = ranks(a);
    double[] y = ranks(b);
    double mean = (a.length - 1) / 2.0;
    double xy = 0;
    double xx = 0;
    double yy = 0;
    for (int i = 0; i < a.length; i++) {
      xy += (x[i] - mean) * (y[i] - mean);
      xx += (x[i] - mean) * (x[i] - mean);
      yy += (y[i] - mean) * (y[i] - mean);
    }
    return xx == 0 || yy == 0 ? 0 : xy / Math.sqrt(xx * yy);
  }

  /**
   * Share of the {@code count} least of {@code truth} that are among the {@code count} least of
   * {@code predicted}.
   */
  public static double recall(double[] predicted, double[] truth, int count) {
    int least = Math.min(count, truth.length);
    Set<Integer> found = new HashSet<>(order(predicted).subList(0, least));
    found.retainAll(order(truth).subList(0, least));
    return least == 0 ? 0 : (double) found.size() / least;
  }

  private static double[] ranks(double[] values) {
    List<Integer> order = order(values);
    double[] ranks = new double[values.length];
    for (int i = 0; i < order.size(); ) {
      int end = i;
      while (end < order.size() && values[order.get(end)] == values[order.get(i)]) {
        end++;
      }
      for (int j = i; j < end; j++) {
        ranks[order.get(j)] = (i + end - 1) / 2.0;
      }
      i = end;
    }
    return ranks;
  }

  private static List<Integer> order(double[] values) {
    return IntStream.range(0, values.length)
        .boxed()
        .sorted(Comparator.comparingDouble(i -> values[i]))
        .toList();
  }
}
