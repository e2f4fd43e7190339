package tessera.job.search;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import tessera.cost.CostModel;
import tessera.measure.Trial;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;

/**
 * Evolution on predicted cost, with epsilon-greedy exploration (as in DietCode and in Ansor's
 * performance tuner). A candidate is worth what it would add to the portfolio: its time counts on
 * the instances where it is faster than all that was measured, and a little on the others.
 */
public final class EvolutionaryStrategy implements Strategy {
  private static final int POPULATION = 1024;
  private static final int GENERATIONS = 4;
  private static final double MUTATION = 0.85;
  private static final double EXPLORATION = 0.1;
  private static final double OWN_SHARE = 0.2;
  private static final int PARENTS = 64;

  private final SearchSpace space;
  private final Objective objective;
  private final Population population;
  private final SplittableRandom random;

  public EvolutionaryStrategy(
      SearchSpace space, Objective objective, Population population, long seed) {
    this.space = space;
    this.objective = objective;
    this.population = population;
    this.random = new SplittableRandom(seed);
  }

  @Override
  public void measured(List<Trial> trials) {
    population.add(trials);
  }

  @Override
  public List<MicroKernel> propose(int count, CostModel model) {
    int explored = (int) Math.round(EXPLORATION * count);
    List<MicroKernel> chosen = new ArrayList<>(diverse(evolve(model), count - explored));
    for (int draw = 0; draw < 100 * count && chosen.size() < count; draw++) {
      MicroKernel kernel = space.sample(random);
      if (population.isNew(kernel)) {
        chosen.add(kernel);
      }
    }
    return chosen;
  }

  /** Candidates by fitness, best first. */
  private List<MicroKernel> evolve(CostModel model) {
    Map<MicroKernel, double[]> known = new HashMap<>();
    List<MicroKernel> generation = new ArrayList<>(population.leaders(PARENTS, PARENTS));
    while (generation.size() < POPULATION) {
      generation.add(space.sample(random));
    }
    for (int g = 0; g < GENERATIONS; g++) {
      List<MicroKernel> parents = ranked(generation, model, known).stream().limit(PARENTS).toList();
      generation = new ArrayList<>(parents);
      while (generation.size() < POPULATION) {
        MicroKernel first = parents.get(random.nextInt(parents.size()));
        generation.add(
            random.nextDouble() < MUTATION
                ? space.mutate(first, random)
                : space.cross(first, parents.get(random.nextInt(parents.size())), random));
      }
    }
    return ranked(generation, model, known);
  }

  private List<MicroKernel> ranked(
      List<MicroKernel> kernels, CostModel model, Map<MicroKernel, double[]> known) {
    kernels.forEach(
        k -> known.computeIfAbsent(k, key -> objective.seconds(key, model.predict(key))));
    double[] best = population.isEmpty() ? least(known) : population.best();
    Map<MicroKernel, Double> fitness = new HashMap<>();
    kernels.forEach(k -> fitness.put(k, fitness(known.get(k), best)));
    return kernels.stream()
        .distinct()
        .sorted(
            Comparator.comparingDouble((MicroKernel k) -> fitness.get(k))
                .thenComparing(MicroKernel::key))
        .toList();
  }

  private double fitness(double[] seconds, double[] best) {
    return objective.withBest(seconds, best) + OWN_SHARE * objective.relative(seconds, best);
  }

  private double[] least(Map<MicroKernel, double[]> known) {
    double[] least = objective.unknown();
    for (double[] seconds : known.values()) {
      for (int i = 0; i < least.length; i++) {
        least[i] = Math.min(least[i], seconds[i]);
      }
    }
    return least;
  }

  /**
   * The best new candidates, no register tile and orientation taking more than a share of them, so
   * that a mistake of the model costs no whole round. Before anything is measured the model is the
   * prior alone, and the share is small.
   */
  private List<MicroKernel> diverse(List<MicroKernel> ranked, int count) {
    int most = Math.max(1, count / (population.isEmpty() ? 20 : 8));
    Map<String, Integer> taken = new HashMap<>();
    List<MicroKernel> chosen = new ArrayList<>();
    for (MicroKernel kernel : ranked) {
      if (chosen.size() == count) {
        break;
      }
      if (!population.contains(kernel)
          && taken.merge(space.kind(kernel), 1, Integer::sum) <= most) {
        population.isNew(kernel);
        chosen.add(kernel);
      }
    }
    return chosen;
  }
}
