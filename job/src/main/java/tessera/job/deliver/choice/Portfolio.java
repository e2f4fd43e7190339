package tessera.job.deliver.choice;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import tessera.workload.Instance;

/**
 * Chooses which micro-kernels a bundle ships. The instances were measured in several passes: for
 * each, one pass says which kernel is fastest and another what that is worth, so that a kernel that
 * was fast once by chance gains nothing.
 */
public final class Portfolio {
  /** Micro-kernels of the largest portfolio that is looked for among all sets of its size. */
  private static final int MOST_EXACT = 5;

  /** Where there are more sets of a size they are not all looked at. */
  private static final double MOST_SETS = 50_000;

  /**
   * By how much a micro-kernel is to shorten the mean relative time of the contest's shapes beyond
   * the tuned range, where times are not coarser than that: of eleven such shapes one has to become
   * 3.3% faster.
   */
  private static final double BEYOND_GAIN = 0.003;

  /** For the shapes beyond the range a bundle may have one more in so many micro-kernels. */
  private static final int BEYOND_PART = 3;

  /** [kernel][instance] in each pass. */
  private final double[][][] passes;

  private final double[] weights;
  private final List<Integer> all;

  /** In each pass, what the other would choose of all kernels, on each instance. */
  private final double[][] best;

  private Portfolio(double[][][] passes, double[] weights) {
    this.passes = passes;
    this.weights = weights;
    this.all = IntStream.range(0, passes[0].length).boxed().toList();
    this.best = new double[passes.length][weights.length];
    for (int pass = 0; pass < passes.length; pass++) {
      for (int i = 0; i < weights.length; i++) {
        best[pass][i] = judging(pass)[fastest(passes[pass], all, i)][i];
      }
    }
  }

  /** The pass that says what the choices of another are worth. */
  private double[][] judging(int pass) {
    return passes[(pass + 1) % passes.length];
  }

  /**
   * The smallest set whose weighted relative time is within {@code tolerance} of what all together
   * reach, and to which no other kernel adds more than that: what all reach is less than the sum of
   * what each would add, since some of it is chance. Exact up to five while there are few sets of a
   * size, greedy beyond.
   *
   * @param passes seconds of [kernel][instance] in each pass, measured
   * @param most kernels, at which even a set that does not suffice ends
   * @return indices of kernels, ascending
   */
  public static List<Integer> smallest(
      double[][][] passes, double[] weights, double tolerance, int most) {
    return new Portfolio(passes, weights).smallest(tolerance, most);
  }

  /**
   * The smallest set by the instances' weights, with those others that all of them need when they
   * count alike, and those that the ones beyond the tuned range need, for which it may be larger.
   *
   * @param passes seconds of [kernel][instance] in each pass, measured
   * @param tolerance of the smallest set
   * @param alikeGain by how much another kernel is to shorten the mean relative time of the
   *     instances within the range when they count alike
   * @param most kernels, but for those for what lies beyond the range
   * @return indices of kernels, ascending
   */
  public static List<Integer> forAll(
      double[][][] passes, List<Instance> instances, double tolerance, double alikeGain, int most) {
    List<Integer> smallest =
        smallest(passes, weights(instances, Instance::weight), tolerance, most);
    double[] within = weights(instances, instance -> instance.liesBeyond() ? 0 : 1);
    double[] beyond = weights(instances, instance -> instance.liesBeyond() ? 1 : 0);
    List<Integer> wider = widened(passes, within, alikeGain, most, smallest);
    double gain = Math.max(BEYOND_GAIN, tolerance);
    return widened(passes, beyond, gain, most + most / BEYOND_PART, wider);
  }

  private static double[] weights(List<Instance> instances, ToDoubleFunction<Instance> weight) {
    return instances.stream().mapToDouble(weight).toArray();
  }

  /**
   * A set with those others that each make its weighted relative time shorter by more than a share.
   *
   * @param passes seconds of [kernel][instance] in each pass, measured
   * @param weights of the instances; nothing is added where all are 0
   * @param most kernels
   * @param chosen indices of kernels
   * @return indices of kernels, ascending
   */
  public static List<Integer> widened(
      double[][][] passes, double[] weights, double leastGain, int most, List<Integer> chosen) {
    if (Arrays.stream(weights).sum() == 0) {
      return chosen;
    }
    Portfolio portfolio = new Portfolio(passes, weights);
    List<Integer> widened = chosen;
    while (widened.size() < most) {
      List<Integer> next = portfolio.widened(widened);
      if (portfolio.loss(widened) - portfolio.loss(next) <= leastGain) {
        break;
      }
      widened = next;
    }
    return widened.stream().sorted().toList();
  }

  private List<Integer> smallest(double tolerance, int most) {
    double sets = 1;
    for (int size = 1; size <= Math.min(Math.min(MOST_EXACT, most), all.size()); size++) {
      sets *= (double) (all.size() - size + 1) / size;
      if (sets > MOST_SETS) {
        break;
      }
      List<Integer> chosen = bestOfSize(size, 0, List.of());
      if (suffices(chosen, tolerance)) {
        return chosen;
      }
    }
    return greedy(tolerance, most);
  }

  private List<Integer> bestOfSize(int size, int from, List<Integer> chosen) {
    if (chosen.size() == size) {
      return chosen;
    }
    List<Integer> winner = List.of();
    double least = Double.POSITIVE_INFINITY;
    for (int next = from; next <= all.size() - (size - chosen.size()); next++) {
      List<Integer> whole = bestOfSize(size, next + 1, with(chosen, next));
      double loss = loss(whole);
      if (loss < least) {
        least = loss;
        winner = whole;
      }
    }
    return winner;
  }

  private List<Integer> greedy(double tolerance, int most) {
    List<Integer> chosen = widened(List.of());
    while (chosen.size() < most && !suffices(chosen, tolerance)) {
      chosen = widened(chosen);
    }
    return chosen.stream().sorted().toList();
  }

  private boolean suffices(List<Integer> chosen, double tolerance) {
    double loss = loss(chosen);
    return chosen.size() == all.size()
        || loss <= 1 + tolerance && loss - loss(widened(chosen)) <= tolerance;
  }

  /** With the kernel that adds most. */
  private List<Integer> widened(List<Integer> chosen) {
    return all.stream()
        .filter(next -> !chosen.contains(next))
        .map(next -> with(chosen, next))
        .min(Comparator.comparingDouble(this::loss))
        .orElse(chosen);
  }

  private static List<Integer> with(List<Integer> chosen, int next) {
    List<Integer> wider = new ArrayList<>(chosen);
    wider.add(next);
    return wider;
  }

  /** The weighted mean of the set's time over the time of all; about 1 when nothing is missing. */
  private double loss(List<Integer> chosen) {
    double sum = 0;
    double total = 0;
    for (int pass = 0; pass < passes.length; pass++) {
      for (int i = 0; i < weights.length; i++) {
        double own = judging(pass)[fastest(passes[pass], chosen, i)][i];
        sum += weights[i] * own / best[pass][i];
        total += weights[i];
      }
    }
    return sum / total;
  }

  private static int fastest(double[][] seconds, List<Integer> kernels, int instance) {
    int fastest = kernels.get(0);
    for (int kernel : kernels) {
      fastest = seconds[kernel][instance] < seconds[fastest][instance] ? kernel : fastest;
    }
    return fastest;
  }
}
