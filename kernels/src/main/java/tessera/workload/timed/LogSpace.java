package tessera.workload.timed;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import tessera.workload.Instance;

/**
 * Instances by the logarithms of their values: two are within a reach where no variable differs by
 * more than that. They are kept in the order of the sums of these logarithms, so that those within
 * reach of one are looked for near it.
 */
final class LogSpace {
  /** Rounding of logarithms. */
  private static final double ROUNDING = 1e-12;

  private final List<List<Long>> ordered;
  private final double[][] logarithms;
  private final double[] sums;

  LogSpace(List<Instance> instances) {
    this.ordered =
        instances.stream()
            .map(Instance::values)
            .sorted(Comparator.comparingDouble(values -> sum(logarithms(values))))
            .toList();
    this.logarithms = ordered.stream().map(LogSpace::logarithms).toArray(double[][]::new);
    this.sums = Arrays.stream(logarithms).mapToDouble(LogSpace::sum).toArray();
  }

  private static double[] logarithms(List<Long> values) {
    return values.stream().mapToDouble(Math::log).toArray();
  }

  private static double sum(double[] logarithms) {
    return Arrays.stream(logarithms).sum();
  }

  /**
   * Instances that bring all within reach which are not within reach of any of some: for the least
   * of these the greatest that reaches it, and so on. A greedy cover, the smallest one where there
   * is one variable.
   *
   * @param some of the instances
   * @param most so many that more are of no use; one more than that says that they do not suffice
   */
  List<List<Long>> others(List<List<Long>> some, double reach, int most) {
    boolean[] covered = new boolean[ordered.size()];
    some.forEach(values -> cover(logarithms(values), reach, covered));
    List<List<Long>> others = new ArrayList<>();
    for (int i = 0; i < covered.length && others.size() <= most; i++) {
      if (!covered[i]) {
        int center = greatest(i, reach);
        others.add(ordered.get(center));
        cover(logarithms[center], reach, covered);
      }
    }
    return others;
  }

  /** The greatest within reach of an instance. */
  private int greatest(int of, double reach) {
    int i = placeAfter(sums[of] + width(logarithms[of], reach)) - 1;
    while (!isWithin(reach, logarithms[of], logarithms[i])) {
      i--;
    }
    return i;
  }

  private void cover(double[] center, double reach, boolean[] covered) {
    double sum = sum(center);
    int end = placeAfter(sum + width(center, reach));
    for (int i = placeAfter(sum - width(center, reach)); i < end; i++) {
      covered[i] |= isWithin(reach, center, logarithms[i]);
    }
  }

  /** By how much the sums of two within reach differ at most. */
  private static double width(double[] logarithms, double reach) {
    return logarithms.length * (reach + 2 * ROUNDING) + ROUNDING;
  }

  /** The first place whose sum is greater than another. */
  private int placeAfter(double sum) {
    int low = 0;
    int high = sums.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sums[middle] > sum) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  private static boolean isWithin(double reach, double[] a, double[] b) {
    for (int variable = 0; variable < a.length; variable++) {
      if (Math.abs(a[variable] - b[variable]) > reach + ROUNDING) {
        return false;
      }
    }
    return true;
  }
}
