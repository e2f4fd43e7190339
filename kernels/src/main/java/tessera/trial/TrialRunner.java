package tessera.trial;

import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import tessera.backend.Backend;
import tessera.compile.BuildResult;
import tessera.measure.DeviceLock;
import tessera.measure.Outcome;
import tessera.measure.Patience;
import tessera.measure.Timing;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MicroKernel;
import tessera.operator.GemmShape;
import tessera.worker.Pulse;
import tessera.worker.WorkerProcess;
import tessera.worker.WorkerReply;
import tessera.worker.WorkerRequest;
import tessera.workload.Workload;

/**
 * Takes candidates of one workload from source to timings on this machine: build, verify, time, in
 * that order.
 */
public final class TrialRunner implements AutoCloseable {
  /** A call that takes so many times longer than it should is no contender. */
  private static final double FAR_BEHIND = 20;

  private final Backend backend;
  private final Workload workload;
  private final long seed;
  private final WorkerProcess worker;
  private final Patience patience;

  /** Libraries that were right on all checks. */
  private final Set<String> checked = ConcurrentHashMap.newKeySet();

  /** Libraries that failed beside others, and how: each costs a run its deadline but once. */
  private final Map<String, Lap> failed = new ConcurrentHashMap<>();

  /**
   * @param patience how long builds, steps and candidates may take
   */
  public TrialRunner(Backend backend, Workload workload, long seed, Patience patience) {
    this.backend = backend;
    this.workload = workload;
    this.seed = seed;
    this.worker = new WorkerProcess(backend.workerCommand());
    this.patience = patience;
  }

  /**
   * One candidate, timed on its probes, or on the given shapes instead where there are any.
   *
   * @param until when its measuring may begin at the latest; built, but not measured, it ends as
   *     NOT_RUN
   */
  public Trial run(
      MicroKernel kernel, TimingPolicy policy, List<GemmShape> instead, Instant until) {
    if (Instant.now().isAfter(until)) {
      return unmeasured(kernel, Outcome.NOT_RUN, Lap.notRun().message(), 0);
    }
    List<GemmShape> shapes = instead.isEmpty() ? backend.probes(workload, kernel) : instead;
    BuildResult built = backend.buildForTrial(workload, kernel, shapes);
    if (built.status() != BuildResult.Status.OK) {
      return unmeasured(kernel, outcome(built), built.message(), built.nanos());
    }
    WorkerReply reply;
    try (DeviceLock lock = DeviceLock.acquire(backend.deviceName())) {
      reply =
          Instant.now().isAfter(until)
              ? notRun()
              : call(
                  List.of(backend.function(workload, kernel, built)),
                  shapes,
                  policy,
                  patience.trial());
    }
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

  private Trial unmeasured(MicroKernel kernel, Outcome outcome, String message, long buildNanos) {
    return new Trial(kernel, outcome, message, Map.of(), buildNanos, 0, 0, List.of(), device());
  }

  private static Outcome outcome(BuildResult built) {
    return switch (built.status()) {
      case OK -> Outcome.OK;
      case FAILED -> Outcome.BUILD_FAILED;
      case TIMEOUT -> Outcome.BUILD_TIMEOUT;
    };
  }

  private static WorkerReply notRun() {
    return WorkerReply.failed(Outcome.NOT_RUN, Lap.notRun().message(), Pulse.NONE);
  }

  /**
   * Several micro-kernels and the vendors' libraries on one shape, verified and timed side by side.
   * What fails is left out, and the others are timed without it.
   *
   * @param paths shapes for whose paths the kernels are built; empty for all that a bundle needs
   * @param until when the measuring may begin at the latest
   * @return one for each kernel, then one for each vendor
   */
  public List<Lap> race(
      List<MicroKernel> kernels,
      List<Backend.Vendor> vendors,
      GemmShape shape,
      TimingPolicy policy,
      Optional<List<GemmShape>> paths,
      Instant until) {
    if (Instant.now().isAfter(until)) {
      return Collections.nCopies(kernels.size() + vendors.size(), Lap.notRun());
    }
    List<BuildResult> builds =
        kernels.parallelStream()
            .map(
                kernel ->
                    paths
                        .map(some -> backend.buildForTrial(workload, kernel, some))
                        .orElseGet(() -> backend.build(workload, kernel)))
            .toList();
    SortedMap<Integer, WorkerRequest.Function> functions = new TreeMap<>();
    Lap[] laps = new Lap[kernels.size() + vendors.size()];
    for (int i = 0; i < builds.size(); i++) {
      if (builds.get(i).status() == BuildResult.Status.OK) {
        functions.put(i, backend.function(workload, kernels.get(i), builds.get(i)));
      } else {
        laps[i] = Lap.failed(outcome(builds.get(i)), builds.get(i).message());
      }
    }
    for (int v = 0; v < vendors.size(); v++) {
      functions.put(kernels.size() + v, vendors.get(v).function());
    }
    try (DeviceLock lock = DeviceLock.acquire(backend.deviceName())) {
      race(functions, shape, policy, until, laps);
    }
    return List.of(laps);
  }

  /**
   * Fills in the laps of some functions, by their places among all. A worker process says which
   * function took it down; where it cannot, each runs alone.
   */
  private void race(
      SortedMap<Integer, WorkerRequest.Function> functions,
      GemmShape shape,
      TimingPolicy policy,
      Instant until,
      Lap[] laps) {
    SortedMap<Integer, WorkerRequest.Function> left = new TreeMap<>();
    functions.forEach(
        (place, function) -> {
          laps[place] = failed.get(function.library());
          if (laps[place] == null) {
            left.put(place, function);
          }
        });
    while (!left.isEmpty()) {
      List<Integer> places = List.copyOf(left.keySet());
      WorkerReply reply =
          Instant.now().isAfter(until)
              ? notRun()
              : call(List.copyOf(left.values()), List.of(shape), policy, Patience.UNLIMITED);
      if (reply.outcome() == Outcome.OK || reply.outcome() == Outcome.NOT_RUN) {
        for (int i = 0; i < places.size(); i++) {
          laps[places.get(i)] =
              reply.outcome() == Outcome.OK
                  ? Lap.of(reply.timings().get(0).get(i).seconds(backend.target().peakGflops()))
                  : Lap.notRun();
        }
        return;
      }
      if (reply.culprit() == Pulse.NONE && places.size() > 1) {
        left.forEach(
            (place, function) ->
                race(new TreeMap<>(Map.of(place, function)), shape, policy, until, laps));
        return;
      }
      int place = places.get(Math.max(0, reply.culprit()));
      laps[place] = Lap.failed(reply.outcome(), reply.message());
      if (reply.culprit() != Pulse.NONE) {
        failed.put(left.get(place).library(), laps[place]);
      }
      left.remove(place);
    }
  }

  /** Needs the device's lock. */
  private WorkerReply call(
      List<WorkerRequest.Function> functions,
      List<GemmShape> shapes,
      TimingPolicy policy,
      Duration deadline) {
    List<WorkerRequest.Function> asked =
        functions.stream().map(f -> checked.contains(f.library()) ? f.withoutCheck() : f).toList();
    WorkerRequest request =
        new WorkerRequest(
            workload.operator(),
            workload.epilogue(),
            workload.numerics(),
            asked,
            backend.checks(workload),
            shapes,
            policy,
            seed);
    WorkerReply reply = worker.call(request, step(shapes), deadline);
    if (reply.outcome() == Outcome.OK) {
      functions.forEach(function -> checked.add(function.library()));
    }
    return reply;
  }

  /** The longest that a function may go on without progress on some shapes. */
  private Duration step(List<GemmShape> shapes) {
    double flops = shapes.stream().mapToDouble(GemmShape::flops).max().orElse(0);
    double seconds = FAR_BEHIND * 1e-9 * flops / backend.peakGflops(workload);
    return patience.step().plusMillis((long) (1e3 * seconds));
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
