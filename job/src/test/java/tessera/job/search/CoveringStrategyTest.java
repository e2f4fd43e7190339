package tessera.job.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static tessera.job.search.MadeUpMachine.FAMILY;
import static tessera.job.search.MadeUpMachine.SPACE;
import static tessera.job.search.MadeUpMachine.TARGET;
import static tessera.job.search.MadeUpMachine.WORKLOAD;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tessera.cost.CostModel;
import tessera.measure.Trial;
import tessera.microkernel.MicroKernel;

final class CoveringStrategyTest {
  private static final CostModel PRIOR = kernel -> FAMILY.prior(kernel);

  private final Objective objective = new Objective(WORKLOAD, WORKLOAD.sampled(40), SPACE, 1);

  private CoveringStrategy strategy() {
    return new CoveringStrategy(
        SPACE, objective, new Population(SPACE, objective, TARGET.peakGflops()), 5);
  }

  private double[] least(Stream<MicroKernel> kernels) {
    double[] least = objective.unknown();
    kernels
        .map(kernel -> objective.seconds(kernel, PRIOR.predict(kernel)))
        .forEach(
            seconds -> {
              for (int i = 0; i < least.length; i++) {
                least[i] = Math.min(least[i], seconds[i]);
              }
            });
    return least;
  }

  @Test
  void propose_fewCandidates_areWithinAPercentOfAllTogether() {
    SplittableRandom random = new SplittableRandom();
    double[] all = least(Stream.generate(() -> SPACE.sample(random)).limit(5_000));
    double[] few = least(strategy().propose(8, PRIOR).stream());
    assertTrue(
        objective.relative(few, all) < 1.01 * objective.relative(all, all),
        objective.relative(few, all) + " against " + objective.relative(all, all));
    double[] drawn = least(Stream.generate(() -> SPACE.sample(random)).limit(8));
    assertTrue(objective.relative(drawn, all) > objective.relative(few, all), "as good by chance");
  }

  @Test
  void propose_afterMeasuring_bringsOthersAndNoneTwice() {
    MadeUpMachine machine = new MadeUpMachine(kernel -> 1);
    CoveringStrategy strategy = strategy();
    List<MicroKernel> first = strategy.propose(24, PRIOR);
    List<Trial> trials = first.stream().map(machine::measure).toList();
    strategy.measured(trials);
    Set<MicroKernel> all = new HashSet<>(first);
    all.addAll(strategy.propose(24, PRIOR));
    assertEquals(48, all.size());
  }
}
