package tessera.job.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static tessera.job.search.MadeUpMachine.FAMILY;
import static tessera.job.search.MadeUpMachine.SPACE;
import static tessera.job.search.MadeUpMachine.TARGET;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tessera.cost.CostModel;
import tessera.job.predict.Objective;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.trial.Trial;
import tessera.workload.Instance;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

final class CoveringStrategyTest {
  /** Large tiles are efficient and waste what an instance has not: none serves all. */
  private static final CostModel MODEL =
      kernel -> {
        double area = FAMILY.tiling(kernel).tileM() * FAMILY.tiling(kernel).tileN();
        return new MicroKernelCost(1e-9 * Math.pow(area, -0.3), 1e-12);
      };

  /** Of few rows, which tiles fit or do not. */
  private static final Workload FEW_ROWS =
      new WorkloadSpec(
              "few-rows",
              "dense",
              "float32",
              "none",
              List.of("T"),
              Map.of("m", "T", "n", "256", "k", "512"))
          .anywhere()
          .withInstances(
              LongStream.rangeClosed(1, 24).mapToObj(t -> new Instance(List.of(t), 1)).toList());

  private final Objective objective = new Objective(FEW_ROWS, FEW_ROWS.sampled(24), SPACE, 1);

  private CoveringStrategy strategy() {
    return new CoveringStrategy(
        SPACE, objective, new Population(SPACE, objective, TARGET.peakGflops()), 5);
  }

  private double[] least(Stream<MicroKernel> kernels) {
    double[] least = objective.unknown();
    kernels
        .map(kernel -> objective.seconds(kernel, MODEL.predict(kernel)))
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
    SplittableRandom random = new SplittableRandom(17);
    double[] all = least(Stream.generate(() -> SPACE.sample(random)).limit(5_000));
    double[] few = least(strategy().propose(8, MODEL).stream());
    assertTrue(
        objective.relative(few, all) < 1.01 * objective.relative(all, all),
        objective.relative(few, all) + " against " + objective.relative(all, all));
    double[] one = least(strategy().propose(1, MODEL).stream());
    assertTrue(
        objective.relative(one, all) > 1.02 * objective.relative(few, all),
        "one serves all with "
            + objective.relative(one, all)
            + ", few with "
            + objective.relative(few, all));
  }

  @Test
  void propose_afterMeasuring_bringsOthersAndNoneTwice() {
    MadeUpMachine machine = new MadeUpMachine(kernel -> 1);
    CoveringStrategy strategy = strategy();
    List<MicroKernel> first = strategy.propose(8, MODEL);
    List<Trial> trials = first.stream().map(machine::measure).toList();
    strategy.measured(trials);
    Set<MicroKernel> all = new HashSet<>(first);
    all.addAll(strategy.propose(8, MODEL));
    assertEquals(16, all.size());
  }
}
