package tessera.trial;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import tessera.backend.Backend;
import tessera.compile.BuildResult;
import tessera.measure.Outcome;
import tessera.measure.Patience;
import tessera.measure.TimingPolicy;
import tessera.operator.Problem;
import tessera.worker.DeviceWorker;
import tessera.worker.Pulse;
import tessera.worker.WorkerReply;
import tessera.worker.WorkerRequest;
import tessera.workload.Workload;

/**
 * A device with the worker process that measures one workload on it. What was right on all checks
 * once is not checked again.
 */
final class MeasuringDevice implements AutoCloseable {
  /** A call that takes so many times longer than it should is no contender. */
  private static final double FAR_BEHIND = 20;

  private static final String HOST = host();

  final Backend backend;
  final Workload workload;
  final Patience patience;
  private final long seed;
  private final DeviceWorker worker;

  /** Functions that were right on all checks; a library may have others. */
  private final Set<WorkerRequest.Function> checked = ConcurrentHashMap.newKeySet();

  MeasuringDevice(Backend backend, Workload workload, long seed, Patience patience) {
    this.backend = backend;
    this.workload = workload;
    this.patience = patience;
    this.seed = seed;
    this.worker = backend.worker();
  }

  /**
   * With sole use of the device: checks some functions, and times them on each of some problems
   * side by side.
   *
   * @param deadline the longest that all of it may take
   */
  WorkerReply call(
      List<WorkerRequest.Function> functions,
      List<Problem> problems,
      TimingPolicy policy,
      Duration deadline) {
    List<WorkerRequest.Function> asked =
        functions.stream().map(f -> checked.contains(f) ? f.withoutCheck() : f).toList();
    WorkerRequest request =
        new WorkerRequest(
            workload.epilogue(),
            workload.numerics(),
            asked,
            backend.checks(workload),
            problems,
            policy,
            seed);
    WorkerReply reply = worker.call(request, step(problems), deadline);
    if (reply.outcome() == Outcome.OK) {
      checked.addAll(functions);
    }
    return reply;
  }

  /**
   * With sole use of the device: what a request asks, which need not be of this workload.
   *
   * @param deadline the longest time of all, and of each step
   */
  WorkerReply call(WorkerRequest request, Duration deadline) {
    return worker.call(request, deadline);
  }

  /** The longest that a function may go on without progress on some problems. */
  private Duration step(List<Problem> problems) {
    double flops = problems.stream().mapToDouble(Problem::flops).max().orElse(0);
    double seconds = FAR_BEHIND * 1e-9 * flops / backend.hardware().peakGflops(workload);
    return patience.step().plusMillis((long) (1e3 * seconds));
  }

  static WorkerReply notRun() {
    return WorkerReply.failed(Outcome.NOT_RUN, Lap.notRun().message(), Pulse.NONE);
  }

  /** How a trial ends whose micro-kernel was built so. */
  static Outcome outcome(BuildResult built) {
    return switch (built.status()) {
      case OK -> Outcome.OK;
      case FAILED -> Outcome.BUILD_FAILED;
      case TIMEOUT -> Outcome.BUILD_TIMEOUT;
    };
  }

  /** The process and device that measure. */
  String name() {
    return HOST + ":" + ProcessHandle.current().pid() + " " + backend.deviceName();
  }

  /** As the kernel knows it; the environment's variable is often not there, or another's. */
  private static String host() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException e) {
      return "localhost";
    }
  }

  @Override
  public void close() {
    worker.close();
  }
}
