package tessera.job.warm;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import tessera.cost.CostModel;
import tessera.effort.Breadth;
import tessera.job.predict.Objective;
import tessera.job.search.EvolutionaryStrategy;
import tessera.job.search.Population;
import tessera.job.search.Ranking;
import tessera.job.search.Strategy;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.trial.Trial;

/**
 * A search that begins with anchors: the micro-kernels of former bundles, and those that former
 * measurements make the best here. Another strategy goes on from them, and ends before its budget
 * does once no round is expected to add more than timings vary. What the model promises for a round
 * is believed as far as its promises for the rounds before were kept.
 */
public final class WarmStrategy implements Strategy {
  /** Share of the anchors that former bundles may have, where there are many. */
  private static final double PORTFOLIO_SHARE = 0.5;

  /** Former micro-kernels that an evolution begins with. */
  private static final int KNOWN = 64;

  /**
   * Rounds that are measured before their promises are judged, and again once they promise nothing:
   * a model that is wrong about a region has to hear of it first.
   */
  private static final int LEAST_ROUNDS = 2;

  private final Strategy others;
  private final Objective objective;
  private final Population population;
  private final double leastGain;
  private final Deque<MicroKernel> anchors;

  /** Of each round that is under way, what it promised; none for a round with anchors. */
  private final Deque<Double> promises = new ArrayDeque<>();

  private double promised;
  private double kept;
  private int rounds;
  private int hopeless;

  /**
   * @param others goes on from the anchors; it has the same population
   * @param leastGain share of the weighted time below which a round is not worth measuring
   */
  WarmStrategy(
      Strategy others,
      Objective objective,
      Population population,
      List<MicroKernel> anchors,
      double leastGain) {
    this.others = others;
    this.objective = objective;
    this.population = population;
    this.leastGain = leastGain;
    this.anchors = new ArrayDeque<>(anchors);
  }

  /**
   * How a warm search goes.
   *
   * @param breadth how unlike the candidates of a round are
   * @param anchors former micro-kernels that are measured first, at most
   * @param leastGain share of the weighted time below which a round is not worth measuring
   */
  public record Terms(Breadth breadth, int anchors, double leastGain) {}

  /** One that goes on by evolution, which begins with former micro-kernels too. */
  public static WarmStrategy of(
      FormerCosts former,
      SearchSpace space,
      Objective objective,
      Population population,
      Terms terms,
      long seed) {
    List<MicroKernel> known = best(former, space, objective, KNOWN);
    return new WarmStrategy(
        new EvolutionaryStrategy(space, objective, population, terms.breadth(), known, seed),
        objective,
        population,
        anchors(former, space, objective, terms.anchors()),
        terms.leastGain());
  }

  /** What is measured first. */
  static List<MicroKernel> anchors(
      FormerCosts former, SearchSpace space, Objective objective, int count) {
    Set<MicroKernel> chosen = new LinkedHashSet<>();
    former.portfolio().stream()
        .limit(former.kernels().isEmpty() ? count : Math.round(PORTFOLIO_SHARE * count))
        .forEach(chosen::add);
    List<MicroKernel> best = best(former, space, objective, count);
    best.stream()
        .filter(kernel -> !chosen.contains(kernel))
        .limit(count - chosen.size())
        .toList()
        .forEach(chosen::add);
    return List.copyOf(chosen);
  }

  private static List<MicroKernel> best(
      FormerCosts former, SearchSpace space, Objective objective, int count) {
    List<MicroKernel> kernels = former.kernels();
    int mostOfAKind = Math.max(1, count / 4);
    return Ranking.expected(space, objective, kernels, former.uncorrected())
        .leaders(count, mostOfAKind, kernel -> true);
  }

  @Override
  public List<MicroKernel> propose(int count, CostModel model) {
    List<MicroKernel> chosen = new ArrayList<>();
    while (chosen.size() < count && !anchors.isEmpty()) {
      MicroKernel anchor = anchors.remove();
      if (population.isNew(anchor)) {
        chosen.add(anchor);
      }
    }
    boolean isSearch = chosen.isEmpty();
    if (chosen.size() < count) {
      chosen.addAll(others.propose(count - chosen.size(), model));
    }
    double promise = isSearch ? promise(chosen, model) : Double.NaN;
    hopeless = promise * trust() < leastGain ? hopeless + 1 : 0;
    if (hopeless > LEAST_ROUNDS) {
      return List.of();
    }
    promises.add(promise);
    return chosen;
  }

  /** Share of the weighted time that some micro-kernels together should save. */
  private double promise(List<MicroKernel> kernels, CostModel model) {
    double[] best = population.best();
    double[] with =
        kernels.stream()
            .map(kernel -> objective.seconds(kernel, model.predict(kernel)))
            .reduce(best, WarmStrategy::least);
    return gain(with, best);
  }

  /** How far promises were kept, of 1; it takes some rounds to tell. */
  private double trust() {
    return rounds < LEAST_ROUNDS ? 1 : Math.min(1, kept / promised);
  }

  private static double[] least(double[] a, double[] b) {
    double[] least = a.clone();
    for (int i = 0; i < least.length; i++) {
      least[i] = Math.min(a[i], b[i]);
    }
    return least;
  }

  private double gain(double[] now, double[] before) {
    return 1 - objective.withBest(now, before) / objective.withBest(before, before);
  }

  @Override
  public void measured(List<Trial> trials) {
    double[] before = population.best();
    others.measured(trials);
    double promise = promises.isEmpty() ? Double.NaN : promises.remove();
    if (!trials.isEmpty() && promise > 0) {
      rounds++;
      promised += promise;
      kept += gain(population.best(), before);
    }
  }
}
