package tessera.job.search;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import tessera.backend.cpu.CpuGemm;
import tessera.backend.cpu.CpuTarget;
import tessera.measure.Outcome;
import tessera.measure.Timing;
import tessera.microkernel.KernelFamily;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.SearchSpace;
import tessera.operator.GemmShape;
import tessera.operator.Problem;
import tessera.trial.Trial;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/**
 * A machine whose truth is known: the prior's time, multiplied by what a test says. No compiler and
 * no clock.
 */
public final class MadeUpMachine {
  public static final CpuTarget TARGET =
      new CpuTarget(
          "test", "test:avx512", "avx512", 16, 32, 2, 32 << 10, 1 << 20, 32 << 20, "cc", 100);
  public static final Workload WORKLOAD =
      new WorkloadSpec(
              "made-up",
              "dense",
              "float32",
              "none",
              List.of("T"),
              Map.of("m", "16 * T", "n", "256", "k", "512"))
          .anywhere();
  public static final KernelFamily FAMILY = new CpuGemm(TARGET, WORKLOAD);
  public static final SearchSpace SPACE = new SearchSpace(List.of(FAMILY));

  private final ToDoubleFunction<MicroKernel> slowdown;

  /**
   * @param slowdown how much longer than the prior a micro-kernel's steps take
   */
  public MadeUpMachine(ToDoubleFunction<MicroKernel> slowdown) {
    this.slowdown = slowdown;
  }

  /** A good trial, timed on a large probe and a small one. */
  public Trial measure(MicroKernel kernel) {
    MicroKernelCost prior = FAMILY.prior(kernel);
    MicroKernelCost truth =
        new MicroKernelCost(
            prior.secondsPerStep() * slowdown.applyAsDouble(kernel), prior.secondsPerElement());
    List<Timing> timings = new ArrayList<>();
    for (long m : new long[] {512, 16}) {
      GemmShape shape = new GemmShape(1, m, 256, 512);
      double seconds = FAMILY.tiling(kernel).adaptation(shape, 1).seconds(truth);
      timings.add(
          new Timing(
              Problem.of(WORKLOAD.operator(), shape),
              new double[] {1e9 * seconds},
              new double[] {TARGET.peakGflops()},
              Map.of("warmth", new double[] {0.5})));
    }
    return new Trial(kernel, Outcome.OK, "", Map.of(), 1, 1, 1, timings, "test");
  }
}
