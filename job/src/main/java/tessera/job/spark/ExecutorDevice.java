package tessera.job.spark;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.TaskContext;
import tessera.backend.Backend;
import tessera.backend.cpu.CpuBackend;
import tessera.backend.cuda.CudaBackend;
import tessera.backend.cuda.Gpus;
import tessera.hardware.CpuTarget;
import tessera.hardware.CudaTarget;
import tessera.hardware.Target;
import tessera.measure.Patience;
import tessera.trial.TrialRunner;
import tessera.workload.Instance;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/**
 * The devices of this executor: one runner for each workload and device, made at its first task and
 * kept until the JVM ends.
 */
final class ExecutorDevice {
  private static final Map<String, TrialRunner> RUNNERS = new ConcurrentHashMap<>();
  private static final Map<String, List<Backend.Vendor>> VENDORS = new ConcurrentHashMap<>();

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> RUNNERS.values().forEach(TrialRunner::close)));
  }

  /**
   * What every task of a run carries.
   *
   * @param samples instances that stand for all
   * @param budgetSeconds of the whole run, by which candidates are given up
   */
  record Context(
      WorkloadSpec spec, List<Instance> samples, Target target, long seed, double budgetSeconds) {
    Workload workload() {
      return spec.on(samples);
    }

    Patience patience() {
      return Patience.of(budgetSeconds);
    }
  }

  private ExecutorDevice() {}

  static TrialRunner runner(String context) {
    Context read = Wire.read(context, Context.class);
    String device = read.target() instanceof CudaTarget ? gpu() : "";
    return RUNNERS.computeIfAbsent(
        context + device,
        key -> new TrialRunner(backend(read), read.workload(), read.seed(), read.patience()));
  }

  /** The vendors' libraries for a run, unpacked and checked once. */
  static List<Backend.Vendor> vendors(Context context) {
    return VENDORS.computeIfAbsent(
        context.target().fingerprint() + context.spec(),
        key -> backend(context).vendors(context.workload()));
  }

  static Backend backend(Context context) {
    Duration build = context.patience().build();
    return context.target() instanceof CpuTarget cpu
        ? CpuBackend.of(cpu, build)
        : CudaBackend.of((CudaTarget) context.target(), gpu(), build);
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
