package tessera.job.spark;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import tessera.backend.cpu.CpuBackend;
import tessera.hardware.CpuTarget;
import tessera.hardware.Target;
import tessera.measure.Backend;
import tessera.measure.TrialRunner;
import tessera.workload.WorkloadSpec;

/**
 * The device of this executor: one runner for each workload, made at its first task and kept until
 * the JVM ends.
 */
final class ExecutorDevice {
  private static final Map<String, TrialRunner> RUNNERS = new ConcurrentHashMap<>();

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> RUNNERS.values().forEach(TrialRunner::close)));
  }

  /** What every task of a run carries. */
  record Context(WorkloadSpec workload, Target target, long seed) {}

  private ExecutorDevice() {}

  static TrialRunner runner(String context) {
    return RUNNERS.computeIfAbsent(
        context,
        text -> {
          Context read = Wire.read(text, Context.class);
          return new TrialRunner(backend(read.target()), read.workload().anywhere(), read.seed());
        });
  }

  static Backend backend(Target target) {
    if (target instanceof CpuTarget cpu) {
      return CpuBackend.of(cpu);
    }
    throw new IllegalArgumentException("nothing measures on a target of kind " + target.kind());
  }
}
