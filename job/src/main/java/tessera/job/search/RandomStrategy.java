package tessera.job.search;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import tessera.cost.CostModel;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.trial.Trial;

/** Legal micro-kernels drawn at random: what every other strategy has to beat. */
public final class RandomStrategy implements Strategy {
  private final SearchSpace space;
  private final Population population;
  private final SplittableRandom random;

  public RandomStrategy(SearchSpace space, Population population, long seed) {
    this.space = space;
    this.population = population;
    this.random = new SplittableRandom(seed);
  }

  @Override
  public List<MicroKernel> propose(int count, CostModel model) {
    List<MicroKernel> chosen = new ArrayList<>();
    for (int draw = 0; draw < 100 * count && chosen.size() < count; draw++) {
      MicroKernel kernel = space.sample(random);
      if (population.isNew(kernel)) {
        chosen.add(kernel);
      }
    }
    return chosen;
  }

  @Override
  public void measured(List<Trial> trials) {
    population.add(trials);
  }
}
