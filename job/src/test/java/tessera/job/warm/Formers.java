package tessera.job.warm;

import static tessera.job.search.MadeUpMachine.WORKLOAD;

import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import tessera.job.search.MadeUpHardware;
import tessera.job.search.MadeUpMachine;
import tessera.microkernel.MicroKernel;
import tessera.trial.Trial;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/** Former runs on the made-up machine. */
final class Formers {
  private Formers() {}

  /** A run of random trials of the made-up workload. */
  static FormerRun run(MadeUpMachine machine, int count, long seed) {
    return run(WORKLOAD, kernels(count, seed).stream().map(machine::measure).toList(), List.of());
  }

  static FormerRun run(Workload workload, List<Trial> trials, List<MicroKernel> portfolio) {
    return new FormerRun(
        "w-1", new MadeUpHardware(), workload, trials, portfolio, OptionalDouble.empty());
  }

  static List<MicroKernel> kernels(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return Stream.generate(() -> MadeUpMachine.SPACE.sample(random))
        .distinct()
        .limit(count)
        .toList();
  }

  static FormerCosts costs(FormerRun... runs) {
    return new FormerCosts(new WarmStart(List.of(runs)), MadeUpMachine.SPACE);
  }

  /** The made-up workload with another length of reductions. */
  static Workload withK(int k) {
    return new WorkloadSpec(
            "other",
            "dense",
            "float32",
            "none",
            List.of("T"),
            Map.of("m", "16 * T", "n", "256", "k", "" + k))
        .anywhere();
  }
}
