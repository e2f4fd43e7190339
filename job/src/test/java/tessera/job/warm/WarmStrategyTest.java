package tessera.job.warm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static tessera.job.search.MadeUpMachine.FAMILY;
import static tessera.job.search.MadeUpMachine.SPACE;
import static tessera.job.search.MadeUpMachine.TARGET;
import static tessera.job.search.MadeUpMachine.WORKLOAD;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import tessera.cost.CostModel;
import tessera.effort.Breadth;
import tessera.effort.RoundSize;
import tessera.job.predict.Objective;
import tessera.job.search.EvolutionaryStrategy;
import tessera.job.search.Learner;
import tessera.job.search.MadeUpMachine;
import tessera.job.search.Population;
import tessera.job.search.RunningBudget;
import tessera.job.search.Strategy;
import tessera.job.search.TuningLoop;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.trial.Trial;
import tessera.workload.Budget;

/** The loop on a made-up machine, begun with what another run measured there. */
final class WarmStrategyTest {
  /** Prefetching and long unrolled loops are good, which no prior knows. */
  private static final MadeUpMachine MACHINE =
      new MadeUpMachine(
          kernel ->
              (kernel.get("prefetch") == 1 ? 0.5 : 1) * (kernel.get("unroll") == 4 ? 0.8 : 1));

  private final long seed = new Random().nextLong();
  private final Objective objective = new Objective(WORKLOAD, WORKLOAD.sampled(), SPACE, 1);

  private Population population() {
    return new Population(SPACE, objective, TARGET.peakGflops());
  }

  private WarmStrategy warm(FormerCosts former, Population population, double leastGain) {
    return WarmStrategy.of(
        former,
        SPACE,
        objective,
        population,
        new WarmStrategy.Terms(Breadth.NARROW, 8, leastGain),
        seed);
  }

  private List<Trial> search(
      Strategy strategy, FormerCosts former, MadeUpMachine machine, int most) {
    Learner learner =
        all ->
            new Learner.Learned(
                former.model(
                    kernel -> FAMILY.prior(kernel),
                    former.seed(all, TARGET.peakGflops()).recalibration()),
                new Learner.Scores(0, 0, 0, 0));
    return new TuningLoop(
            strategy,
            (candidates, until) -> candidates.stream().map(machine::measure).toList(),
            learner,
            (round, measured, origin) -> {},
            () -> RoundSize.alone(8))
        .run(new RunningBudget(new Budget(most, 1e9), 0, () -> 0), List.of(), 0);
  }

  private double best(List<Trial> trials) {
    Population all = population();
    all.add(trials);
    return objective.meanSeconds(all.best());
  }

  @Test
  void propose_first_isTheOldPortfolioAndTheBestOfThen() {
    FormerRun log = Formers.run(MACHINE, 60, seed);
    MicroKernel old = Formers.kernels(61, seed).get(60);
    FormerCosts former = Formers.costs(Formers.run(WORKLOAD, log.trials(), List.of(old)));
    List<MicroKernel> first =
        warm(former, population(), 0.01).propose(8, kernel -> FAMILY.prior(kernel));
    assertEquals(8, new HashSet<>(first).size());
    assertEquals(old, first.get(0));
    Population then = population();
    then.add(log.trials());
    assertTrue(first.contains(then.ranking().leaders(1, 1, kernel -> true).get(0)));
    assertTrue(former.kernels().containsAll(first.subList(1, 8)));
  }

  @Test
  void propose_portfolioAlone_isMeasuredFirst() {
    List<MicroKernel> portfolio = Formers.kernels(3, seed);
    FormerCosts former = Formers.costs(Formers.run(WORKLOAD, List.of(), portfolio));
    List<MicroKernel> first =
        warm(former, population(), 0.01).propose(8, kernel -> FAMILY.prior(kernel));
    assertEquals(portfolio, first.subList(0, 3));
    assertEquals(8, new HashSet<>(first).size());
  }

  @Test
  void search_whereAllIsAsItWas_isAsGoodWithFewerTrialsAndEndsEarly() {
    FormerCosts none = Formers.costs();
    Population cold = population();
    List<Trial> fresh =
        search(
            new EvolutionaryStrategy(SPACE, objective, cold, Breadth.NARROW, seed),
            none,
            MACHINE,
            96);
    FormerCosts former = Formers.costs(Formers.run(WORKLOAD, fresh, List.of()));
    List<Trial> warm = search(warm(former, population(), 0.01), former, MACHINE, 96);
    assertTrue(best(warm) <= best(fresh) * (1 + 1e-9), "seed " + seed);
    assertTrue(warm.size() <= 64, warm.size() + " trials, seed " + seed);
  }

  @Test
  void search_thatGainsNothing_endsAfterTwoMoreRounds() {
    FormerCosts former = Formers.costs(Formers.run(MACHINE, 60, seed));
    WarmStrategy strategy = warm(former, population(), 0.01);
    CostModel promising =
        kernel -> new MicroKernelCost(1e-3 * FAMILY.prior(kernel).secondsPerStep(), 0);
    List<Integer> sizes = new ArrayList<>();
    List<MicroKernel> next = strategy.propose(8, promising);
    MadeUpMachine machine = MACHINE;
    while (!next.isEmpty()) {
      sizes.add(next.size());
      strategy.measured(next.stream().map(machine::measure).toList());
      machine = new MadeUpMachine(kernel -> 1e3); // nothing is better than the anchors
      next = strategy.propose(8, promising);
    }
    assertEquals(List.of(8, 8, 8, 8, 8), sizes, "anchors, two rounds, two more; seed " + seed);
  }

  @Test
  void search_thatKeepsItsPromises_goesOn() {
    FormerCosts former = Formers.costs(Formers.run(MACHINE, 60, seed));
    WarmStrategy strategy = warm(former, population(), 0.01);
    CostModel promising =
        kernel -> new MicroKernelCost(1e-3 * FAMILY.prior(kernel).secondsPerStep(), 0);
    double slowdown = 1;
    for (int round = 0; round < 6; round++) {
      List<MicroKernel> next = strategy.propose(8, promising);
      assertEquals(8, next.size(), "round " + round + ", seed " + seed);
      double now = slowdown;
      strategy.measured(next.stream().map(new MadeUpMachine(kernel -> now)::measure).toList());
      slowdown /= 8;
    }
  }
}
