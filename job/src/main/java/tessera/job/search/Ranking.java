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
    List<MicroKernel> all = inOrder().stream().filter(eligible).toList();
    List<MicroKernel> chosen = new ArrayList<>();
    double[] covered = objective.unknown();
    double reached = Double.POSITIVE_INFINITY;
    while (chosen.size() < Math.min(most, all.size())) {
      MicroKernel next = mostHelpful(all, chosen, covered);
      double[] with = Predictions.least(predictions.of(next), covered);
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
    return predictions.kernels().stream().sorted(Comparator.comparing(MicroKernel::key)).toList();
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
    List<MicroKernel> all = inOrder().stream().filter(eligible).toList();
    List<MicroKernel> leaders = complementary(Math.max(1, count / 2), LEAST_GAIN, eligible);
    Map<String, Integer> kinds = new HashMap<>();
    leaders.forEach(leader -> kinds.merge(space.kind(leader), 1, Integer::sum));
    Iterator<MicroKernel> overall =
        sorted(all, kernel -> objective.relative(predictions.of(kernel), best));
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
    double[] own = predictions.of(kernel);
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
                kernel ->
                    objective.relative(Predictions.least(predictions.of(kernel), covered), best)))
        .orElseThrow();
  }
}
