package tessera.job.search;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import tessera.cost.CostModel;
import tessera.job.predict.MeasuredCost;
import tessera.job.predict.Objective;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.SearchSpace;
import tessera.trial.Trial;

/**
 * What is known so far: the trials, what they say of each instance, and which candidates need no
 * second look.
 */
public final class Population {
  /** What a kernel must add to a portfolio to be one of it. */
  private static final double LEAST_GAIN = 0.001;

  private final SearchSpace space;
  private final Objective objective;
  private final double peakGflops;
  private final Set<MicroKernel> seen = new HashSet<>();
  private final Map<MicroKernel, double[]> seconds = new LinkedHashMap<>();
  private double[] best;

  public Population(SearchSpace space, Objective objective, double peakGflops) {
    this.space = space;
    this.objective = objective;
    this.peakGflops = peakGflops;
    this.best = objective.unknown();
  }

  public void add(List<Trial> trials) {
    for (Trial trial : trials) {
      seen.add(trial.kernel());
      if (trial.isOk()) {
        MicroKernelCost cost = MeasuredCost.of(space.family(trial.kernel()), trial, peakGflops);
        know(trial.kernel(), objective.seconds(trial.kernel(), cost));
      }
    }
  }

  private void know(MicroKernel kernel, double[] predicted) {
    seconds.put(kernel, predicted);
    best = least(predicted, best);
  }

  /** Micro-kernels that were not measured, at what a model says of them. */
  void expect(List<MicroKernel> kernels, CostModel model) {
    List<MicroKernel> unknown =
        kernels.stream().filter(kernel -> !seconds.containsKey(kernel)).distinct().toList();
    List<double[]> expected =
        unknown.parallelStream()
            .map(kernel -> objective.seconds(kernel, model.predict(kernel)))
            .toList();
    for (int i = 0; i < expected.size(); i++) {
      know(unknown.get(i), expected.get(i));
    }
  }

  /** Whether a micro-kernel was measured, and failed. */
  public boolean hasFailed(MicroKernel kernel) {
    return seen.contains(kernel) && !seconds.containsKey(kernel);
  }

  /**
   * The fastest on one instance, by prediction. Of those of a kind that have the same time there
   * only one: nothing is known to tell them apart.
   *
   * @param mostOfAKind how many of them may be of one kind
   */
  List<MicroKernel> fastest(int instance, int count, int mostOfAKind) {
    Map<String, Integer> kinds = new HashMap<>();
    Set<String> alike = new HashSet<>();
    return seconds.entrySet().stream()
        .sorted(Comparator.comparingDouble(known -> known.getValue()[instance]))
        .filter(known -> alike.add(space.kind(known.getKey()) + " " + known.getValue()[instance]))
        .map(Map.Entry::getKey)
        .filter(kernel -> kinds.merge(space.kind(kernel), 1, Integer::sum) <= mostOfAKind)
        .limit(count)
        .toList();
  }

  /** True the first time. */
  boolean isNew(MicroKernel kernel) {
    return seen.add(kernel);
  }

  /** Whether a micro-kernel was measured or is about to be. */
  public boolean contains(MicroKernel kernel) {
    return seen.contains(kernel);
  }

  boolean isEmpty() {
    return seconds.isEmpty();
  }

  /** The least seconds known for each instance. */
  public double[] best() {
    return best.clone();
  }

  /**
   * Those that the best portfolio would take, as long as each adds to those before it.
   *
   * @param most of them
   * @param leastGain share of the time that one must save to be of them
   * @param eligible of which they are
   */
  List<MicroKernel> complementary(int most, double leastGain, Predicate<MicroKernel> eligible) {
    List<MicroKernel> all = inOrder().stream().filter(eligible).toList();
    List<MicroKernel> chosen = new ArrayList<>();
    double[] covered = objective.unknown();
    double reached = Double.POSITIVE_INFINITY;
    while (chosen.size() < Math.min(most, all.size())) {
      MicroKernel next = mostHelpful(all, chosen, covered);
      double[] with = least(seconds.get(next), covered);
      double relative = objective.relative(with, best);
      if (relative >= reached * (1 - leastGain)) {
        break;
      }
      chosen.add(next);
      covered = with;
      reached = relative;
    }
    return chosen;
  }

  private List<MicroKernel> inOrder() {
    return seconds.keySet().stream().sorted(Comparator.comparing(MicroKernel::key)).toList();
  }

  /**
   * Good micro-kernels that complete each other: first {@link #complementary}, then in turn those
   * that are best over all instances and those that are closest to the best known on one.
   *
   * @param mostOfAKind how many of the latter may be of one kind: predictions are closer together
   *     than they are exact, and what is much alike completes nothing
   * @param eligible of which they are
   */
  public List<MicroKernel> leaders(int count, int mostOfAKind, Predicate<MicroKernel> eligible) {
    List<MicroKernel> all = inOrder().stream().filter(eligible).toList();
    List<MicroKernel> leaders = complementary(Math.max(1, count / 2), LEAST_GAIN, eligible);
    Map<String, Integer> kinds = new HashMap<>();
    leaders.forEach(leader -> kinds.merge(space.kind(leader), 1, Integer::sum));
    Iterator<MicroKernel> overall =
        sorted(all, kernel -> objective.relative(seconds.get(kernel), best));
    Iterator<MicroKernel> somewhere = sorted(all, this::standing);
    while (leaders.size() < count && overall.hasNext()) {
      for (MicroKernel kernel : List.of(overall.next(), somewhere.next())) {
        if (leaders.size() < count
            && !leaders.contains(kernel)
            && kinds.merge(space.kind(kernel), 1, Integer::sum) <= mostOfAKind) {
          leaders.add(kernel);
        }
      }
    }
    return leaders;
  }

  private static Iterator<MicroKernel> sorted(
      List<MicroKernel> kernels, ToDoubleFunction<MicroKernel> by) {
    return kernels.stream().sorted(Comparator.comparingDouble(by)).iterator();
  }

  /** Its time over the best known one, on the instance where it does best. */
  private double standing(MicroKernel kernel) {
    double[] own = seconds.get(kernel);
    return IntStream.range(0, own.length)
        .mapToDouble(i -> own[i] / best[i])
        .min()
        .orElse(Double.POSITIVE_INFINITY);
  }

  private MicroKernel mostHelpful(
      List<MicroKernel> kernels, List<MicroKernel> taken, double[] covered) {
    return kernels.stream()
        .filter(kernel -> !taken.contains(kernel))
        .min(
            Comparator.comparingDouble(
                kernel -> objective.relative(least(seconds.get(kernel), covered), best)))
        .orElseThrow();
  }

  private static double[] least(double[] a, double[] b) {
    double[] least = a.clone();
    for (int i = 0; i < least.length; i++) {
      least[i] = Math.min(least[i], b[i]);
    }
    return least;
  }
}
