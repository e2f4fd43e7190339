package tessera.job.spark;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.TaskContext;
import tessera.backend.cpu.CpuBackend;
import tessera.backend.cuda.CudaBackend;
import tessera.backend.cuda.Gpus;
import tessera.hardware.CpuTarget;
import tessera.hardware.CudaTarget;
import tessera.hardware.Target;
import tessera.measure.Backend;
import tessera.measure.TrialRunner;
import tessera.workload.Instance;
import tessera.workload.Workload;
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

  /**
   * What every task of a run carries.
   *
   * @param samples instances that stand for all
   */
  record Context(WorkloadSpec spec, List<Instance> samples, Target target, long seed) {
    Workload workload() {
      return spec.on(samples);
    }
  }

  private ExecutorDevice() {}

  static TrialRunner runner(String context) {
    Context read = Wire.read(context, Context.class);
    String device = read.target() instanceof CudaTarget ? gpu() : "";
    return RUNNERS.computeIfAbsent(
        context + device,
        key -> new TrialRunner(backend(read.target()), read.workload(), read.seed()));
  }

  static Backend backend(Target target) {
    if (target instanceof CpuTarget cpu) {
      return CpuBackend.of(cpu);
    }
    return CudaBackend.of((CudaTarget) target, gpu());
  }

  /** The GPU that Spark gave this task; else the GPUs of this machine in turn. */
  private static String gpu() {
    TaskContext task = TaskContext.get();
    if (task != null && task.resourcesJMap().containsKey("gpu")) {
      return task.resourcesJMap().get("gpu").addresses()[0];
    }
    List<String> gpus = LocalGpus.ADDRESSES;
    return gpus.get(task == null ? 0 : task.partitionId() % gpus.size());
  }

  /** Counted when first asked for. */
  private static final class LocalGpus {
    private static final List<String> ADDRESSES = Gpus.addresses();
  }
}
