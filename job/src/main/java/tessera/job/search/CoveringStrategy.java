package tessera.job.search;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import tessera.cost.CostModel;
import tessera.job.predict.Objective;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.trial.Trial;

/**
 * For budgets of so few trials that there is nothing to learn from: candidates that together should
 * serve all instances best, by what the model expects of all the space. Each is what adds most to
 * those before it; once none adds anything, others of further kinds follow that would do without
 * them, since the model may be wrong about a kind.
 */
public final class CoveringStrategy implements Strategy {
  private final SearchSpace space;
  private final Objective objective;
  private final Population population;
  private final long seed;

  /**
   * @param objective over all instances that are to be served
   * @param population what was measured
   */
  public CoveringStrategy(
      SearchSpace space, Objective objective, Population population, long seed) {
    this.space = space;
    this.objective = objective;
    this.population = population;
    this.seed = seed;
  }

  @Override
  public List<MicroKernel> propose(int count, CostModel model) {
    Ranking expected =
        new Specialists(space, objective, kernel -> !population.contains(kernel), seed)
            .expectedBy(model);
    List<MicroKernel> chosen = new ArrayList<>();
    Set<String> kinds = new HashSet<>();
    List<MicroKernel> cover;
    do {
      cover =
          expected.complementary(
              count - chosen.size(), 0, kernel -> !kinds.contains(space.kind(kernel)));
      cover.forEach(kernel -> kinds.add(space.kind(kernel)));
      cover.stream().filter(population::isNew).forEach(chosen::add);
    } while (!cover.isEmpty());
    return chosen;
  }

  @Override
  public void measured(List<Trial> trials) {
    population.add(trials);
  }
}
