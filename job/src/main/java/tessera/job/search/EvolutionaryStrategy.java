package tessera.job.search;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tessera.cost.CostModel;
import tessera.effort.Breadth;
import tessera.job.predict.Objective;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.trial.Trial;

/**
 * Evolution on predicted cost, with epsilon-greedy exploration (as in DietCode and in Ansor's
 * performance tuner). A candidate is worth what it would add to the portfolio: its time counts on
 * the instances where it is faster than all that was measured, and a little on the others.
 */
public final class EvolutionaryStrategy implements Strategy {
  /** Micro-kernels of a generation: more find better ones and take longer before each round. */
  private static final int POPULATION = 1024;

  /** Generations between two rounds; the trade is that of {@link #POPULATION}. */
  private static final int GENERATIONS = 4;

  /** Micro-kernels that have children, beside the best two of each instance. */
  private static final int PARENTS = 64;

  /**
   * The share of children that are one parent with some parameters changed; the others mix two
   * parents. Neighbours are legal more often than mixtures, since parameters depend on each other.
   */
  private static final double MUTATION = 0.85;

  /**
   * The share of a round that is drawn at random, so that a model that is wrong about a region
   * hears of it.
   */
  private static final double EXPLORATION = 0.1;

  /**
   * The weight of a candidate's mean relative time over all instances, beside that of what it adds
   * to the portfolio: it orders candidates that add nothing yet.
   */
  private static final double OWN_SHARE = 0.2;

  /** Micro-kernels of each form that have children, before anything is measured. */
  private static final int OF_A_FORM = 8;

  /** Kinds that a round has candidates of at least, before anything is measured. */
  private static final int FIRST_KINDS = 20;

  private final SearchSpace space;
  private final Objective objective;
  private final Population population;
  private final Breadth breadth;
  private final List<MicroKernel> known;
  private final SplittableRandom random;

  public EvolutionaryStrategy(
      SearchSpace space, Objective objective, Population population, Breadth breadth, long seed) {
    this(space, objective, population, breadth, List.of(), seed);
  }

  /**
   * @param known micro-kernels that each evolution begins with, beside the best that were measured
   */
  public EvolutionaryStrategy(
      SearchSpace space,
      Objective objective,
      Population population,
      Breadth breadth,
      List<MicroKernel> known,
      long seed) {
    this.known = List.copyOf(known);
    this.space = space;
    this.objective = objective;
    this.population = population;
    this.breadth = breadth;
    this.random = new SplittableRandom(seed);
  }

  @Override
  public void measured(List<Trial> trials) {
    population.add(trials);
  }

  @Override
  public List<MicroKernel> propose(int count, CostModel model) {
    int explored = (int) Math.round(EXPLORATION * count);
    int special = (int) Math.round(breadth.specialists() * count);
    Generation generation = evolve(model);
    Map<String, Integer> kinds = new HashMap<>();
    int most = Math.max(1, count / (population.isEmpty() ? FIRST_KINDS : breadth.kinds()));
    List<MicroKernel> chosen = new ArrayList<>();
    if (population.isEmpty()) {
      addForms(generation, kinds, most, count / 2, chosen);
    }
    for (MicroKernel kernel : generation.kernels()) {
      if (chosen.size() < count - explored - special && claim(kernel, kinds, most)) {
        chosen.add(kernel);
      }
    }
    addSpecialists(generation, kinds, most, count - explored, chosen);
    for (int draw = 0; draw < 100 * count && chosen.size() < count; draw++) {
      MicroKernel kernel = space.sample(random);
      if (population.isNew(kernel)) {
        chosen.add(kernel);
      }
    }
    return chosen;
  }

  /**
   * Takes a candidate into the round if it is new and its kind has not taken its share yet, so that
   * a mistake of the model costs no whole round. Before anything is measured the model is the prior
   * alone, and the share is small.
   */
  private boolean claim(MicroKernel kernel, Map<String, Integer> kinds, int most) {
    return !population.contains(kernel)
        && kinds.merge(space.kind(kernel), 1, Integer::sum) <= most
        && population.isNew(kernel);
  }

  /**
   * The best of each form, as many of one as of another.
   *
   * @param count so many together at most
   */
  private void addForms(
      Generation generation,
      Map<String, Integer> kinds,
      int most,
      int count,
      List<MicroKernel> chosen) {
    Map<String, List<MicroKernel>> forms = forms(generation);
    for (List<MicroKernel> form : forms.values()) {
      form.stream()
          .filter(kernel -> claim(kernel, kinds, most))
          .limit(Math.min(breadth.forms(), count / forms.size()))
          .forEach(chosen::add);
    }
  }

  /** The kernels of a generation by form, the best of each first. */
  private Map<String, List<MicroKernel>> forms(Generation generation) {
    return generation.kernels().stream()
        .collect(Collectors.groupingBy(space::form, TreeMap::new, Collectors.toList()));
  }

  /**
   * The best for single instances, one after the other: what is much better on a few counts little
   * in a sum over all.
   */
  private void addSpecialists(
      Generation generation,
      Map<String, Integer> kinds,
      int most,
      int until,
      List<MicroKernel> chosen) {
    List<Iterator<MicroKernel>> best = new ArrayList<>();
    for (int i = 0; i < objective.unknown().length; i++) {
      best.add(generation.forInstance(i).iterator());
    }
    boolean more = true;
    while (more && chosen.size() < until) {
      more = false;
      for (Iterator<MicroKernel> next : best) {
        while (next.hasNext()) {
          more = true;
          MicroKernel kernel = next.next();
          if (claim(kernel, kinds, most)) {
            chosen.add(kernel);
            break;
          }
        }
        if (chosen.size() == until) {
          return;
        }
      }
    }
  }

  /** A micro-kernel, its seconds on each instance, and what it would add; less is better. */
  private record Fitted(MicroKernel kernel, double[] seconds, double fitness) {}

  /** Kernels by fitness, best first. */
  private record Generation(List<Fitted> fitted) {
    List<MicroKernel> kernels() {
      return fitted.stream().map(Fitted::kernel).toList();
    }

    List<MicroKernel> forInstance(int instance) {
      return fitted.stream()
          .sorted(Comparator.comparingDouble(one -> one.seconds()[instance]))
          .map(Fitted::kernel)
          .toList();
    }
  }

  private Generation evolve(CostModel model) {
    Map<MicroKernel, double[]> expected = new HashMap<>();
    List<MicroKernel> generation =
        new ArrayList<>(population.ranking().leaders(PARENTS, PARENTS, kernel -> true));
    generation.addAll(known);
    while (generation.size() < POPULATION) {
      generation.add(space.sample(random));
    }
    for (int g = 0; g < GENERATIONS; g++) {
      List<MicroKernel> parents = parents(ranked(generation, model, expected));
      generation = new ArrayList<>(parents);
      while (generation.size() < POPULATION) {
        MicroKernel first = parents.get(random.nextInt(parents.size()));
        generation.add(
            random.nextDouble() < MUTATION
                ? space.mutate(first, random)
                : space.cross(first, parents.get(random.nextInt(parents.size())), random));
      }
    }
    return ranked(generation, model, expected);
  }

  /** The fittest, the best two of each instance, and at first some of each form. */
  private List<MicroKernel> parents(Generation generation) {
    Set<MicroKernel> parents =
        new LinkedHashSet<>(
            generation.kernels().subList(0, Math.min(PARENTS, generation.kernels().size())));
    for (int i = 0; i < objective.unknown().length; i++) {
      generation.forInstance(i).stream().limit(2).forEach(parents::add);
    }
    if (population.isEmpty() && breadth.forms() > 0) {
      forms(generation)
          .values()
          .forEach(form -> form.stream().limit(OF_A_FORM).forEach(parents::add));
    }
    return List.copyOf(parents);
  }

  private Generation ranked(
      List<MicroKernel> kernels, CostModel model, Map<MicroKernel, double[]> expected) {
    List<MicroKernel> unknown =
        kernels.stream().filter(kernel -> !expected.containsKey(kernel)).distinct().toList();
    List<double[]> predicted =
        unknown.parallelStream()
            .map(kernel -> objective.seconds(kernel, model.predict(kernel)))
            .toList();
    for (int i = 0; i < unknown.size(); i++) {
      expected.put(unknown.get(i), predicted.get(i));
    }
    double[] best = population.isEmpty() ? least(expected) : population.best();
    return new Generation(
        kernels.stream()
            .distinct()
            .map(kernel -> fitted(kernel, expected.get(kernel), best))
            .sorted(
                Comparator.comparingDouble(Fitted::fitness)
                    .thenComparing(one -> one.kernel().key()))
            .toList());
  }

  private Fitted fitted(MicroKernel kernel, double[] seconds, double[] best) {
    return new Fitted(
        kernel,
        seconds,
        objective.withBest(seconds, best) + OWN_SHARE * objective.relative(seconds, best));
  }

  private double[] least(Map<MicroKernel, double[]> expected) {
    double[] least = objective.unknown();
    for (double[] seconds : expected.values()) {
      for (int i = 0; i < least.length; i++) {
        least[i] = Math.min(least[i], seconds[i]);
      }
    }
    return least;
  }
}
