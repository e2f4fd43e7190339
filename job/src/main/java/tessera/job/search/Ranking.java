package tessera.job.search;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import tessera.cost.CostModel;
import tessera.job.predict.Objective;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;

/** Which micro-kernels are the best by their predicted seconds: on one instance, or together. */
public final class Ranking {
  /**
   * The share of the weighted relative time that a kernel must save beside those before it to count
   * as complementary; smaller gains are within what predictions miss.
   */
  private static final double LEAST_GAIN = 0.001;

  private final SearchSpace space;
  private final Objective objective;
  private final Predictions predictions;
  private final double[] best;

  /**
   * @param objective that the predictions are of
   * @param predictions that stay as they are while the ranking is used
   */
  Ranking(SearchSpace space, Objective objective, Predictions predictions) {
    this.space = space;
    this.objective = objective;
    this.predictions = predictions;
    this.best = predictions.best();
  }

  /** Micro-kernels by what a model expects of them. */
  public static Ranking expected(
      SearchSpace space, Objective objective, List<MicroKernel> kernels, CostModel model) {
    Predictions predictions = new Predictions(objective);
    predictions.expect(kernels, model);
    return new Ranking(space, objective, predictions);
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
    return predictions.entries().stream()
        .sorted(Comparator.comparingDouble(known -> known.getValue()[instance]))
        .filter(known -> alike.add(space.kind(known.getKey()) + " " + known.getValue()[instance]))
        .map(Map.Entry::getKey)
        .filter(kernel -> kinds.merge(space.kind(kernel), 1, Integer::sum) <= mostOfAKind)
        .limit(count)
        .toList();
  }

  /**
   * Those that the best portfolio would take, as long as each adds to those before it.
   *
   * @param most how many are taken at most
   * @param leastGain share of the weighted relative time that each must save
   * @param eligible which micro-kernels may be taken
   */
  List<MicroKernel> complementary(int most, double leastGain, Predicate<MicroKernel> eligible) {
    List<Known> left = new ArrayList<>(inOrder(eligible));
    List<MicroKernel> chosen = new ArrayList<>();
    double[] covered = objective.unknown();
    double reached = Double.POSITIVE_INFINITY;
    while (chosen.size() < most && !left.isEmpty()) {
      Known next = mostHelpful(left, covered);
      double[] with = Predictions.least(next.seconds(), covered);
      double relative = objective.relative(with, best);
      if (relative >= reached * (1 - leastGain)) {
        break;
      }
      chosen.add(next.kernel());
      left.remove(next);
      covered = with;
      reached = relative;
    }
    return chosen;
  }

  /** A micro-kernel with its key and its predicted seconds. */
  private record Known(MicroKernel kernel, String key, double[] seconds) {}

  private List<Known> inOrder(Predicate<MicroKernel> eligible) {
    return predictions.entries().stream()
        .filter(known -> eligible.test(known.getKey()))
        .map(known -> new Known(known.getKey(), known.getKey().key(), known.getValue()))
        .sorted(Comparator.comparing(Known::key))
        .toList();
  }

  /**
   * Good micro-kernels that complete each other: first {@link #complementary}, then in turn those
   * that are best over all instances and those that are closest to the best known on one.
   *
   * @param mostOfAKind how many of the latter may be of one kind: predictions are closer together
   *     than they are exact, and what is much alike completes nothing
   * @param eligible which micro-kernels may be taken
   */
  public List<MicroKernel> leaders(int count, int mostOfAKind, Predicate<MicroKernel> eligible) {
    List<Known> all = inOrder(eligible);
    List<MicroKernel> leaders = complementary(Math.max(1, count / 2), LEAST_GAIN, eligible);
    Map<String, Integer> kinds = new HashMap<>();
    leaders.forEach(leader -> kinds.merge(space.kind(leader), 1, Integer::sum));
    Iterator<MicroKernel> overall = sorted(all, known -> objective.relative(known.seconds(), best));
    Iterator<MicroKernel> somewhere = sorted(all, known -> standing(known.seconds()));
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

  private static Iterator<MicroKernel> sorted(List<Known> kernels, ToDoubleFunction<Known> by) {
    return kernels.stream()
        .map(known -> Map.entry(by.applyAsDouble(known), known.kernel()))
        .sorted(Map.Entry.comparingByKey())
        .map(Map.Entry::getValue)
        .iterator();
  }

  /** Its time over the best known one, on the instance where it does best. */
  private double standing(double[] own) {
    return IntStream.range(0, own.length)
        .mapToDouble(i -> own[i] / best[i])
        .min()
        .orElse(Double.POSITIVE_INFINITY);
  }

  private Known mostHelpful(List<Known> kernels, double[] covered) {
    return kernels.stream()
        .min(
            Comparator.comparingDouble(
                known -> objective.relativeOfLeast(known.seconds(), covered, best)))
        .orElseThrow();
  }
}
