package tessera.measure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tessera.compile.BuildResult;
import tessera.microkernel.MicroKernel;
import tessera.workload.GemmShape;
import tessera.workload.Workload;

/**
 * Takes candidates of one workload from source to timings on this machine: build, verify, time, in
 * that order.
 */
public final class TrialRunner implements AutoCloseable {
  private static final Duration TRIAL_DEADLINE = Duration.ofSeconds(20);
  private static final Duration COMPARISON_DEADLINE = Duration.ofMinutes(10);

  private final Backend backend;
  private final Workload workload;
  private final long seed;
  private final WorkerProcess worker;
  private final Duration deadline;

  public TrialRunner(Backend backend, Workload workload, long seed) {
    this(backend, workload, seed, TRIAL_DEADLINE);
  }

  /**
   * @param deadline for verifying and timing one candidate
   */
  public TrialRunner(Backend backend, Workload workload, long seed, Duration deadline) {
    this.backend = backend;
    this.workload = workload;
    this.seed = seed;
    this.worker = new WorkerProcess(backend.workerCommand());
    this.deadline = deadline;
  }

  /** One candidate, timed on its probes, or on the given shapes instead where there are any. */
  public Trial run(MicroKernel kernel, TimingPolicy policy, List<GemmShape> instead) {
    List<GemmShape> shapes = instead.isEmpty() ? backend.probes(workload, kernel) : instead;
    BuildResult built = backend.buildForTrial(workload, kernel, shapes);
    if (built.status() != BuildResult.Status.OK) {
      Outcome outcome =
          built.status() == BuildResult.Status.TIMEOUT
              ? Outcome.BUILD_TIMEOUT
              : Outcome.BUILD_FAILED;
      return new Trial(
          kernel,
          outcome,
          built.message(),
          Resources.UNKNOWN,
          built.nanos(),
          0,
          0,
          List.of(),
          device());
    }
    WorkerReply reply = call(List.of(backend.function(kernel, built)), shapes, policy, deadline);
    List<Timing> timings = reply.timings().stream().map(functions -> functions.get(0)).toList();
    boolean noisy =
        reply.outcome() == Outcome.OK
            && timings.stream()
                .anyMatch(t -> t.spread(backend.target().peakGflops()) > policy.noisyAbove());
    return new Trial(
        kernel,
        noisy ? Outcome.NOISY : reply.outcome(),
        noisy ? "samples spread by more than " + policy.noisyAbove() : reply.message(),
        backend.resources(workload, kernel, built),
        built.nanos(),
        reply.verifyNanos(),
        reply.timeNanos(),
        timings,
        device());
  }

  /**
   * Several micro-kernels and the vendors' libraries, verified and timed side by side.
   *
   * @param shapes that are timed
   * @param built shapes for whose paths the kernels are built; empty for all that a bundle needs
   * @return for each shape, a timing for each kernel and then each vendor
   */
  public WorkerReply compare(
      List<MicroKernel> kernels,
      List<Backend.Vendor> vendors,
      List<GemmShape> shapes,
      TimingPolicy policy,
      Optional<List<GemmShape>> built) {
    List<BuildResult> builds =
        kernels.parallelStream()
            .map(
                kernel ->
                    built
                        .map(paths -> backend.buildForTrial(workload, kernel, paths))
                        .orElseGet(() -> backend.build(workload, kernel)))
            .toList();
    List<WorkerRequest.Function> functions = new ArrayList<>();
    for (int i = 0; i < builds.size(); i++) {
      if (builds.get(i).status() != BuildResult.Status.OK) {
        return WorkerReply.failed(Outcome.BUILD_FAILED, builds.get(i).message());
      }
      functions.add(backend.function(kernels.get(i), builds.get(i)));
    }
    vendors.forEach(vendor -> functions.add(vendor.function()));
    return call(functions, shapes, policy, COMPARISON_DEADLINE);
  }

  private WorkerReply call(
      List<WorkerRequest.Function> functions,
      List<GemmShape> shapes,
      TimingPolicy policy,
      Duration deadline) {
    WorkerRequest request =
        new WorkerRequest(
            workload.operator(),
            workload.epilogue(),
            workload.numerics(),
            functions,
            backend.checks(workload),
            shapes,
            policy,
            seed);
    try (DeviceLock lock = DeviceLock.acquire(backend.deviceName())) {
      return worker.call(request, deadline);
    }
  }

  private String device() {
    return System.getenv().getOrDefault("HOSTNAME", "localhost")
        + ":"
        + ProcessHandle.current().pid()
        + " "
        + backend.deviceName();
  }

  @Override
  public void close() {
    worker.close();
  }
}
