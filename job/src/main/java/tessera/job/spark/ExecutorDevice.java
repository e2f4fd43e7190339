package tessera.job.spark;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.TaskContext;
import tessera.backend.cpu.CpuBackend;
import tessera.backend.cuda.CudaBackend;
import tessera.hardware.CpuTarget;
import tessera.hardware.CudaTarget;
import tessera.hardware.Target;
import tessera.measure.Backend;
import tessera.measure.TrialRunner;
import tessera.workload.WorkloadSpec;

/**
 * The devices of this executor: one runner for each workload and device, made at its first task and
 * kept until the JVM ends.
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
        context + gpu(),
        key -> {
          Context read = Wire.read(context, Context.class);
          return new TrialRunner(backend(read.target()), read.workload().anywhere(), read.seed());
        });
  }

  static Backend backend(Target target) {
    if (target instanceof CpuTarget cpu) {
      return CpuBackend.of(cpu);
    }
    return CudaBackend.of((CudaTarget) target, gpu());
  }

  /** The GPU that Spark gave this task, else the first. */
  private static String gpu() {
    return Optional.ofNullable(TaskContext.get())
        .map(task -> task.resourcesJMap().get("gpu"))
        .map(resource -> resource.addresses()[0])
        .orElse(CudaBackend.FIRST);
  }
}
