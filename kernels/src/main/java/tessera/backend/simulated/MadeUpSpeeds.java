package tessera.backend.simulated;

import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import tessera.Json;
import tessera.backend.Hardware;
import tessera.backend.Target;
import tessera.microkernel.KernelFamily;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.SearchSpace;
import tessera.operator.Problem;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/**
 * A truth that a search can find: the prior's time, times a factor of each value of a parameter
 * that no prior knows. The same in every process.
 */
final class MadeUpSpeeds {
  /** The logarithms of factors lie between this and its negative. */
  private static final double MOST = 0.25;

  /** By the names that functions carry, whatever process made them. */
  private static final Map<String, MadeUpSpeeds> KNOWN = new ConcurrentHashMap<>();

  /** What a name stands for. */
  private record Named(Target target, WorkloadSpec spec) {}

  private final SearchSpace space;

  private MadeUpSpeeds(SearchSpace space) {
    this.space = space;
  }

  /** How a function names the truth of its workload on a target. */
  static String name(SimulatedTarget target, Workload workload) {
    return Json.line(new Named(target.like(), WorkloadSpec.of(workload)));
  }

  static MadeUpSpeeds of(String name) {
    return KNOWN.computeIfAbsent(
        name,
        key -> {
          Named named = Json.record(key, Named.class);
          return new MadeUpSpeeds(Hardware.of(named.target()).space(named.spec().anywhere()));
        });
  }

  double seconds(MicroKernel kernel, Problem problem) {
    KernelFamily family = space.family(kernel);
    MicroKernelCost prior = family.prior(kernel);
    MicroKernelCost truth =
        new MicroKernelCost(prior.secondsPerStep() * slowdown(kernel), prior.secondsPerElement());
    return family.tiling(kernel).adaptation(problem.gemm(), 1).seconds(truth);
  }

  private static double slowdown(MicroKernel kernel) {
    double logarithm = 0;
    for (Map.Entry<String, Integer> parameter : kernel.parameters().entrySet()) {
      long seed = 31L * (kernel.family() + parameter.getKey()).hashCode() + parameter.getValue();
      logarithm += MOST * (2 * new SplittableRandom(seed).nextDouble() - 1);
    }
    return Math.exp(logarithm);
  }
}
