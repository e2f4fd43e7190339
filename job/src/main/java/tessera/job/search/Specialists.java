package tessera.job.search;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.stream.Stream;
import tessera.cost.CostModel;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;

/**
 * Looks all over a space for what should be fastest on single instances: random points, and then
 * neighbours of the best of each instance. Nothing is measured.
 */
public final class Specialists {
  private static final int POINTS = 20_000;
  private static final int GENERATIONS = 3;

  /** Of an instance whose neighbours are looked at. */
  private static final int PARENTS = 8;

  private static final int CHILDREN = 4;
  private static final int MOST_OF_A_KIND = 2;

  private final SearchSpace space;
  private final Objective objective;
  private final Predicate<MicroKernel> eligible;
  private final long seed;

  /**
   * @param objective over the instances
   * @param eligible what may be found
   */
  public Specialists(
      SearchSpace space, Objective objective, Predicate<MicroKernel> eligible, long seed) {
    this.space = space;
    this.objective = objective;
    this.eligible = eligible;
    this.seed = seed;
  }

  /** All that was looked at, at what a model says of it. */
  public Population expectedBy(CostModel model) {
    SplittableRandom random = new SplittableRandom(seed);
    Population pool = new Population(space, objective, 0);
    pool.expect(
        Stream.generate(() -> space.sample(random)).limit(POINTS).filter(eligible).toList(), model);
    for (int generation = 0; generation < GENERATIONS; generation++) {
      Set<MicroKernel> parents = new LinkedHashSet<>();
      for (int i = 0; i < objective.unknown().length; i++) {
        parents.addAll(pool.fastest(i, PARENTS, MOST_OF_A_KIND));
      }
      List<MicroKernel> children = new ArrayList<>();
      for (MicroKernel parent : parents) {
        for (int child = 0; child < CHILDREN; child++) {
          children.add(space.mutate(parent, random));
        }
      }
      pool.expect(children.stream().filter(eligible).toList(), model);
    }
    return pool;
  }
}
