package tessera.job.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import tessera.backend.cpu.CpuDot;
import tessera.backend.cpu.CpuGemm;
import tessera.backend.cpu.CpuTarget;
import tessera.cost.CostModel;
import tessera.effort.Breadth;
import tessera.job.predict.Objective;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.SearchSpace;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/** What is measured before anything is known but priors, which may be wrong about a whole form. */
final class FirstRoundTest {
  private static final int ROUND = 32;

  private static final CpuTarget TARGET =
      new CpuTarget(
          "test", "any:avx512", "avx512", 16, 32, 1, 48 << 10, 1 << 20, 32 << 20, "gcc", 250);

  private static final Workload WORKLOAD =
      new WorkloadSpec(
              "test",
              "dense",
              "float32",
              "none",
              List.of("M"),
              Map.of("m", "M", "n", "1024", "k", "4096"))
          .anywhere();

  private static final SearchSpace SPACE =
      new SearchSpace(List.of(new CpuGemm(TARGET, WORKLOAD), new CpuDot(TARGET, WORKLOAD)));

  /** A prior to which dot products are ten times as fast as they are. */
  private static MicroKernelCost wrong(MicroKernel kernel) {
    MicroKernelCost cost = SPACE.family(kernel).prior(kernel);
    double factor = kernel.family().equals("cpu-dot") ? 0.1 : 1;
    return new MicroKernelCost(factor * cost.secondsPerStep(), factor * cost.secondsPerElement());
  }

  @Test
  void propose_whereThePriorIsWrongAboutAForm_hasSomeOfEachForm() {
    Map<String, Long> forms = forms(Breadth.MEDIUM);
    assertEquals(3, forms.size(), forms.toString());
    forms.forEach((form, count) -> assertTrue(count >= 3, forms.toString()));
  }

  @Test
  void propose_withoutAShareOfForms_followsThePrior() {
    Map<String, Long> forms = forms(new Breadth(0, 6, 0));
    assertTrue(forms.get("cpu-dot m") > ROUND / 2, forms.toString());
  }

  private static Map<String, Long> forms(Breadth breadth) {
    Objective objective = new Objective(WORKLOAD, WORKLOAD.sampled(8), SPACE, 1);
    CostModel prior = FirstRoundTest::wrong;
    List<MicroKernel> round =
        new EvolutionaryStrategy(
                SPACE,
                objective,
                new Population(SPACE, objective, TARGET.peakGflops()),
                breadth,
                System.nanoTime())
            .propose(ROUND, prior);
    assertEquals(ROUND, new HashSet<>(round).size());
    return round.stream().collect(Collectors.groupingBy(SPACE::form, Collectors.counting()));
  }
}
