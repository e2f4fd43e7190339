package tessera.job.spark;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.TaskContext;
import tessera.Json;
import tessera.backend.Backend;
import tessera.backend.BackendProvider;
import tessera.backend.Backends;
import tessera.backend.Target;
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

  /** Devices of this machine by the key of their back end, counted when first asked for. */
  private static final Map<String, List<String>> ADDRESSES = new ConcurrentHashMap<>();

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
    Context read = Json.record(context, Context.class);
    String address = address(read.target());
    return RUNNERS.computeIfAbsent(
        context + address,
        key ->
            new TrialRunner(backend(read, address), read.workload(), read.seed(), read.patience()));
  }

  /** The vendors' libraries for a run, unpacked and checked once. */
  static List<Backend.Vendor> vendors(Context context) {
    return VENDORS.computeIfAbsent(
        context.target().fingerprint() + context.spec(),
        key -> backend(context).vendors(context.workload()));
  }

  static Backend backend(Context context) {
    return backend(context, address(context.target()));
  }

  private static Backend backend(Context context, String address) {
    Target target = context.target();
    Optional<Duration> build = Optional.of(context.patience().build());
    return Backends.of(target).open(target, address, build);
  }

  /** The device that Spark assigned to this task; else those of this machine in turn. */
  private static String address(Target target) {
    BackendProvider provider = Backends.of(target);
    Optional<TaskContext> task = Optional.ofNullable(TaskContext.get());
    return task.flatMap(running -> assigned(running, provider))
        .orElseGet(
            () -> {
              List<String> all =
                  ADDRESSES.computeIfAbsent(provider.key(), key -> provider.addresses());
              return all.get(task.map(TaskContext::partitionId).orElse(0) % all.size());
            });
  }

  private static Optional<String> assigned(TaskContext task, BackendProvider provider) {
    return provider
        .sparkResource()
        .flatMap(name -> Optional.ofNullable(task.resourcesJMap().get(name)))
        .map(resource -> resource.addresses()[0]);
  }
}
