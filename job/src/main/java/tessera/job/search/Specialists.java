package tessera.job.search;

import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import tessera.cost.CostModel;
import tessera.job.predict.Objective;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;

/**
 * Looks all over a space for what should be fastest on single instances: random points, and then
 * neighbours of the best of each instance. Nothing is measured.
 */
public final class Specialists {
  /** Random micro-kernels of the first generation: more find better ones and take longer. */
  private static final int POINTS = 20_000;

  /** Generations of neighbours behind it. */
  private static final int GENERATIONS = 3;

  /** Micro-kernels of an instance whose neighbours are looked at in a generation. */
  private static final int PARENTS = 8;

  /** Neighbours of each of them that are looked at. */
  private static final int CHILDREN = 4;

  private final SearchSpace space;
  private final Objective objective;
  private final Predicate<MicroKernel> eligible;
  private final long seed;
  private final List<MicroKernel> points;

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
    this.points = drawn(POINTS, 0, (i, random) -> space.sample(random));
  }

  /** All that was looked at, at what a model says of it. */
  public Ranking expectedBy(CostModel model) {
    Predictions pool = new Predictions(objective);
    pool.expect(points, model);
    for (int generation = 1; generation <= GENERATIONS; generation++) {
      List<MicroKernel> parents = parents(new Ranking(space, objective, pool));
      pool.expect(
          drawn(
              CHILDREN * parents.size(),
              generation,
              (i, random) -> space.mutate(parents.get(i / CHILDREN), random)),
          model);
    }
    return new Ranking(space, objective, pool);
  }

  private List<MicroKernel> parents(Ranking pool) {
    return IntStream.range(0, objective.unknown().length)
        .parallel()
        .mapToObj(i -> pool.fastest(i, PARENTS, Contest.MOST_OF_A_KIND))
        .flatMap(List::stream)
        .distinct()
        .toList();
  }

  private interface Draw {
    MicroKernel draw(int index, SplittableRandom random);
  }

  /** Eligible ones, each with random numbers of its own, so that they can be drawn in parallel. */
  private List<MicroKernel> drawn(int count, int generation, Draw draw) {
    return IntStream.range(0, count)
        .parallel()
        .mapToObj(
            i -> draw.draw(i, new SplittableRandom(seed + (long) generation * POINTS * 31 + i)))
        .filter(eligible)
        .toList();
  }
}
