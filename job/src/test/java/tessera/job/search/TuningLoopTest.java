package tessera.job.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tessera.backend.cpu.CpuGemm;
import tessera.cost.Adaptation;
import tessera.hardware.Target;
import tessera.measure.Outcome;
import tessera.measure.Timing;
import tessera.measure.Trial;
import tessera.microkernel.KernelFamily;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.SearchSpace;
import tessera.workload.Budget;
import tessera.workload.GemmShape;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/** The whole loop on a made-up machine: no compiler, no clock, no Spark. */
final class TuningLoopTest {
  private static final Target TARGET =
      new Target(
          "cpu",
          "test",
          "test:avx512",
          "avx512",
          16,
          32,
          2,
          32 << 10,
          1 << 20,
          32 << 20,
          "cc",
          100);
  private static final Workload WORKLOAD =
      new WorkloadSpec(
              "loop",
              "dense",
              "float32",
              "none",
              List.of("T"),
              Map.of("m", "16 * T", "n", "256", "k", "512"))
          .anywhere();

  private final KernelFamily family = new CpuGemm(TARGET, WORKLOAD);
  private final SearchSpace space = new SearchSpace(List.of(family));
  private final Objective objective = new Objective(WORKLOAD, WORKLOAD.sampled(), space, 1);

  /**
   * A machine on which prefetching doubles the speed, which no prior knows, and tiles of one scalar
   * never build.
   */
  private Trial trial(MicroKernel kernel) {
    if (kernel.get("unroll") == 4) {
      return new Trial(kernel, Outcome.BUILD_FAILED, "made to fail", 1, 0, 0, List.of(), "test");
    }
    MicroKernelCost prior = family.prior(kernel);
    double factor = kernel.get("prefetch") == 1 ? 0.5 : 1;
    MicroKernelCost truth =
        new MicroKernelCost(prior.secondsPerStep() * factor, prior.secondsPerElement());
    List<Timing> timings = new ArrayList<>();
    for (long m : new long[] {512, 16}) {
      GemmShape shape = new GemmShape(1, m, 256, 512);
      double seconds = Adaptation.of(family.tiling(kernel), shape, 1).seconds(truth, 1);
      timings.add(new Timing(shape, new double[] {1e9 * seconds}, new double[] {100}));
    }
    return new Trial(kernel, Outcome.OK, "", 1, 1, 1, timings, "test");
  }

  private List<Trial> run(
      Strategy strategy, int trials, List<Trial> earlier, List<Integer> rounds) {
    Learner prior =
        all -> new Learner.Learned(kernel -> family.prior(kernel), new Learner.Scores(0, 0, 0, 0));
    return new TuningLoop(
            strategy,
            candidates -> candidates.stream().map(this::trial).toList(),
            prior,
            (round, measured, scores) -> rounds.add(round),
            16)
        .run(
            new RunningBudget(new Budget(trials, 1e9), 0, () -> 0),
            earlier,
            earlier.isEmpty() ? 0 : 1);
  }

  private EvolutionaryStrategy evolution(Population population) {
    return new EvolutionaryStrategy(space, objective, population, 3);
  }

  private Population population() {
    return new Population(space, objective, TARGET.peakGflops());
  }

  @Test
  void run_budget_isSpentExactlyAndNothingTwice() {
    List<Integer> rounds = new ArrayList<>();
    List<Trial> trials = run(evolution(population()), 40, List.of(), rounds);
    assertEquals(40, trials.size());
    assertEquals(40, new HashSet<>(trials.stream().map(Trial::kernel).toList()).size());
    assertEquals(List.of(0, 1, 2), rounds);
  }

  @Test
  void run_whatThePriorDoesNotKnow_isFoundByMeasuring() {
    Population population = population();
    run(evolution(population), 96, List.of(), new ArrayList<>());
    assertEquals(1, population.leaders(1).get(0).get("prefetch"));
  }

  @Test
  void run_resumed_countsAndKeepsWhatWasMeasured() {
    List<Trial> earlier = run(evolution(population()), 16, List.of(), new ArrayList<>());
    List<Integer> rounds = new ArrayList<>();
    List<Trial> all = run(evolution(population()), 48, earlier, rounds);
    assertEquals(48, all.size());
    assertEquals(earlier, all.subList(0, 16));
    assertEquals(48, new HashSet<>(all.stream().map(Trial::kernel).toList()).size());
    assertEquals(List.of(1, 2), rounds);
  }

  @Test
  void run_failedTrials_costNoLeadership() {
    Population population = population();
    List<Trial> trials =
        run(new RandomStrategy(space, population, 11), 64, List.of(), new ArrayList<>());
    assertTrue(trials.stream().anyMatch(trial -> trial.outcome() == Outcome.BUILD_FAILED));
    assertTrue(population.leaders(10).stream().noneMatch(kernel -> kernel.get("unroll") == 4));
  }

  @Test
  void run_sameSeed_proposesTheSame() {
    List<MicroKernel> first =
        run(evolution(population()), 32, List.of(), new ArrayList<>()).stream()
            .map(Trial::kernel)
            .toList();
    List<MicroKernel> second =
        run(evolution(population()), 32, List.of(), new ArrayList<>()).stream()
            .map(Trial::kernel)
            .toList();
    assertEquals(first, second);
  }

  @Test
  void budget_timeThatIsKeptBack_isNotSpent() {
    double[] now = {0};
    RunningBudget budget = new RunningBudget(new Budget(1000, 100), 30, () -> now[0]);
    budget.roundStarts();
    now[0] = 20;
    budget.roundEnds();
    assertTrue(budget.remains(10));
    now[0] = 51;
    assertTrue(!budget.remains(10), "a round of 20 s and 30 s at the end no longer fit");
  }
}
