package tessera.job.warm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static tessera.job.search.MadeUpMachine.FAMILY;
import static tessera.job.search.MadeUpMachine.SPACE;
import static tessera.job.search.MadeUpMachine.TARGET;
import static tessera.job.search.MadeUpMachine.WORKLOAD;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tessera.cost.CostModel;
import tessera.job.predict.MeasuredCost;
import tessera.job.search.MadeUpHardware;
import tessera.job.search.MadeUpMachine;
import tessera.measure.Outcome;
import tessera.measure.Timing;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.SearchSpace;
import tessera.operator.GemmShape;
import tessera.operator.Problem;
import tessera.trial.Trial;
import tessera.workload.Preparation;
import tessera.workload.Workload;

final class FormerCostsTest {
  private static final MadeUpMachine THEN =
      new MadeUpMachine(kernel -> kernel.get("prefetch") == 1 ? 0.5 : 1);

  /** The same with a slower clock. */
  private static Trial slower(MicroKernel kernel) {
    Trial then = THEN.measure(kernel);
    List<Timing> timings =
        then.timings().stream()
            .map(
                timing ->
                    new Timing(
                        timing.problem(),
                        new double[] {1.25 * timing.nanos()[0]},
                        timing.speeds(),
                        timing.observed()))
            .toList();
    return new Trial(kernel, Outcome.OK, "", Map.of(), 1, 1, 1, timings, "test");
  }

  private final long seed = new Random().nextLong();
  private final FormerCosts costs = Formers.costs(Formers.run(THEN, 40, seed));

  private static double seconds(CostModel model, MicroKernel kernel) {
    GemmShape shape = new GemmShape(1, 4096, 256, 512);
    return FAMILY.tiling(kernel).adaptation(shape, 1).seconds(model.predict(kernel));
  }

  @Test
  void model_kernelThatWasMeasured_isExpectedAsItWas() {
    CostModel model = costs.model(kernel -> FAMILY.prior(kernel), Recalibration.NONE);
    for (MicroKernel kernel : Formers.kernels(40, seed)) {
      MicroKernelCost then = MeasuredCost.of(FAMILY, THEN.measure(kernel), TARGET.peakGflops());
      assertEquals(1, seconds(model, kernel) / seconds(any -> then, kernel), 1e-9, kernel.key());
    }
  }

  /** A search for one form of weights begins with what was measured of that form. */
  @Test
  void of_aFormOfWeights_leavesThoseOfTheOtherOut() {
    Workload both = WORKLOAD.preparing(Preparation.TOO);
    MicroKernel plain = gemm(Preparation.NEVER);
    MicroKernel prepared = gemm(Preparation.ONLY);
    List<Trial> trials = List.of(THEN.measure(plain), THEN.measure(prepared));
    WarmStart start = new WarmStart(List.of(Formers.run(both, trials, List.of(plain, prepared))));
    assertEquals(List.of(plain), kernels(start.of(Preparation.NEVER)));
    assertEquals(List.of(prepared), kernels(start.of(Preparation.ONLY)));
    assertEquals(List.of(prepared), start.of(Preparation.ONLY).runs().get(0).portfolio());
    WarmStart single =
        new WarmStart(List.of(Formers.run(WORKLOAD, trials.subList(0, 1), List.of())));
    assertEquals(List.of(plain), kernels(single.of(Preparation.ONLY)));
  }

  private static List<MicroKernel> kernels(WarmStart start) {
    return start.runs().get(0).trials().stream().map(Trial::kernel).toList();
  }

  private MicroKernel gemm(Preparation form) {
    SearchSpace space = new MadeUpHardware().space(WORKLOAD.preparing(form));
    SplittableRandom random = new SplittableRandom(seed);
    return Stream.generate(() -> space.sample(random))
        .filter(kernel -> kernel.family().equals(FAMILY.name()))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void model_slowerMachine_isCorrectedByItsAnchors() {
    List<Trial> anchors =
        Formers.kernels(40, seed).stream().limit(8).map(FormerCostsTest::slower).toList();
    FormerCosts.Seed seeded = costs.seed(anchors, TARGET.peakGflops());
    assertEquals(1.25, seeded.recalibration().factors().get(FAMILY.name()), 1e-3);
    assertEquals(16, seeded.recalibration().anchors());
    CostModel model = costs.model(kernel -> FAMILY.prior(kernel), seeded.recalibration());
    CostModel uncorrected = costs.model(kernel -> FAMILY.prior(kernel), Recalibration.NONE);
    for (MicroKernel kernel : Formers.kernels(40, seed)) {
      double then = seconds(uncorrected, kernel);
      assertEquals(1.25, seconds(model, kernel) / then, 1e-3, kernel.key());
    }
  }

  /** Timed on one problem, where the made-up machine times others. */
  private static Trial onThreeRows(MicroKernel kernel, double slowdown) {
    GemmShape shape = new GemmShape(1, 3, 256, 512);
    double seconds =
        slowdown * FAMILY.tiling(kernel).adaptation(shape, 1).seconds(FAMILY.prior(kernel));
    Timing timing =
        new Timing(
            Problem.of(WORKLOAD.operator(), shape),
            new double[] {1e9 * seconds},
            new double[] {TARGET.peakGflops()},
            Map.of("warmth", new double[] {0.5}));
    return new Trial(kernel, Outcome.OK, "", Map.of(), 1, 1, 1, List.of(timing), "test");
  }

  @Test
  void seed_kernelsOfTwoRuns_areComparedWithTheFirst() {
    List<MicroKernel> kernels = Formers.kernels(9, seed);
    FormerRun other =
        new FormerRun(
            "w-2",
            new MadeUpHardware(),
            WORKLOAD,
            kernels.stream().map(kernel -> onThreeRows(kernel, 4)).toList(),
            List.of(),
            OptionalDouble.empty());
    FormerCosts two = Formers.costs(Formers.run(new MadeUpMachine(kernel -> 1), 9, seed), other);
    List<Trial> now = kernels.stream().map(kernel -> onThreeRows(kernel, 1.25)).toList();
    Recalibration found = two.seed(now, TARGET.peakGflops()).recalibration();
    // what the first run's cost tells of three rows is off by a few hundredths
    assertEquals(1.25, found.factors().get(FAMILY.name()), 0.2);
  }

  @Test
  void seed_rowsOfThen_countLessTheMoreIsNew() {
    List<Trial> now = Formers.kernels(32, seed + 1).stream().map(FormerCostsTest::slower).toList();
    assertEquals(80, costs.rows());
    assertEquals(80, costs.seed(List.of(), 100).rows().size());
    assertEquals(1, costs.seed(List.of(), 100).weight());
    assertEquals(0.8, costs.seed(now.subList(0, 8), 100).weight(), 1e-12);
    assertEquals(0.5, costs.seed(now, 100).weight(), 1e-12);
  }

  /** Trials of a workload whose reductions are longer. */
  private FormerRun longer(Workload other) {
    SearchSpace space = new MadeUpHardware().space(other);
    SplittableRandom random = new SplittableRandom(seed);
    List<Trial> trials = new ArrayList<>();
    while (trials.size() < 60) {
      MicroKernel kernel = space.sample(random);
      GemmShape shape = new GemmShape(1, 512, 256, 4096);
      double seconds =
          space
              .family(kernel)
              .tiling(kernel)
              .adaptation(shape, 1)
              .seconds(space.family(kernel).prior(kernel));
      trials.add(
          new Trial(
              kernel,
              Outcome.OK,
              "",
              Map.of(),
              1,
              1,
              1,
              List.of(
                  new Timing(
                      Problem.of(other.operator(), shape),
                      new double[] {3e9 * seconds},
                      new double[] {TARGET.peakGflops()},
                      Map.of())),
              "test"));
    }
    return Formers.run(other, trials, List.of());
  }

  @Test
  void kernels_ofLongerReductions_areLegalHereAndAsFarFromThePrior() {
    FormerCosts brought = Formers.costs(longer(Formers.withK(4096)));
    assertFalse(brought.kernels().isEmpty());
    SearchSpace then = new MadeUpHardware().space(Formers.withK(4096));
    for (Trial trial : longer(Formers.withK(4096)).trials()) {
      MicroKernel kernel = trial.kernel();
      if (!SPACE.covers(kernel) || !FAMILY.isLegal(kernel)) {
        continue;
      }
      MicroKernelCost measured = MeasuredCost.of(then.family(kernel), trial, TARGET.peakGflops());
      assertEquals(
          measured.secondsPerStep() / then.family(kernel).prior(kernel).secondsPerStep(),
          brought.uncorrected().predict(kernel).secondsPerStep()
              / FAMILY.prior(kernel).secondsPerStep(),
          1e-9,
          kernel.key());
    }
    for (MicroKernel kernel : brought.kernels()) {
      assertTrue(FAMILY.isLegal(kernel), kernel.key());
      assertEquals(Optional.of("w-1"), brought.run(kernel));
    }
    assertTrue(
        longer(Formers.withK(4096)).trials().stream()
            .anyMatch(
                trial ->
                    trial.kernel().parameters().containsKey("blockK")
                        && trial.kernel().get("blockK") > 512),
        "no trial needs another depth, seed " + seed);
  }

  @Test
  void leftOut_familiesThatThisSpaceLacks_areCounted() {
    FormerRun run = longer(Formers.withK(4096));
    long dots =
        run.trials().stream()
            .map(Trial::kernel)
            .filter(kernel -> !SPACE.covers(kernel))
            .distinct()
            .count();
    assertTrue(dots > 0, "seed " + seed);
    assertEquals(dots, Formers.costs(run).leftOut());
    assertEquals(0, costs.leftOut());
  }

  @Test
  void isEmpty_portfolioAlone_isNot() {
    assertTrue(Formers.costs().isEmpty());
    MicroKernel kernel = Formers.kernels(1, seed).get(0);
    FormerCosts portfolio = Formers.costs(Formers.run(WORKLOAD, List.of(), List.of(kernel)));
    assertFalse(portfolio.isEmpty());
    assertEquals(List.of(kernel), portfolio.portfolio());
    assertEquals(List.of(), portfolio.kernels());
    assertEquals(0, portfolio.rows());
  }
}
