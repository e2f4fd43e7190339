package tessera.trial;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tessera.backend.Backend;
import tessera.compile.BuildResult;
import tessera.measure.Deadline;
import tessera.measure.DeviceWaits;
import tessera.measure.Outcome;
import tessera.measure.Patience;
import tessera.measure.Timing;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MicroKernel;
import tessera.operator.Problem;
import tessera.worker.WorkerReply;
import tessera.workload.Workload;

/**
 * Takes candidates of one workload from source to timings on this machine: build, verify, time, in
 * that order.
 */
public final class TrialRunner implements AutoCloseable {
  private final DevicePool devices;
  private final MeasuringDevice device;
  private final Comparison comparison;

  /**
   * @param devices of this machine, of equal hardware; at least one
   * @param patience how long builds, steps and candidates may take
   * @param waits hears how long devices that something waited for were used by others
   */
  public TrialRunner(
      List<? extends Backend> devices,
      Workload workload,
      long seed,
      Patience patience,
      DeviceWaits waits) {
    this.devices = new DevicePool(devices, workload, seed, patience, waits);
    this.device = this.devices.any();
    this.comparison = new Comparison(this.devices);
  }

  /** One whose waits nobody asks for. */
  public TrialRunner(
      List<? extends Backend> devices, Workload workload, long seed, Patience patience) {
    this(devices, workload, seed, patience, DeviceWaits.ofProcess());
  }

  /**
   * One candidate, timed on its probes, or on the given problems instead where there are any.
   *
   * @param until when its measuring may begin at the latest; built, but not measured, it ends as
   *     NOT_RUN
   */
  public Trial run(MicroKernel kernel, TimingPolicy policy, List<Problem> instead, Deadline until) {
    if (until.isOver()) {
      return unmeasured(kernel, Outcome.NOT_RUN, Lap.notRun().message(), 0);
    }
    List<Problem> problems =
        instead.isEmpty() ? device.backend.probes(device.workload, kernel) : instead;
    BuildResult built = device.backend.buildForTrial(device.workload, kernel, problems);
    if (built.status() != BuildResult.Status.OK) {
      return unmeasured(kernel, MeasuringDevice.outcome(built), built.message(), built.nanos());
    }
    Optional<DevicePool.Lease> free = devices.lease(until);
    if (free.isEmpty()) {
      return unmeasured(kernel, Outcome.NOT_RUN, Lap.notRun().message(), built.nanos());
    }
    try (DevicePool.Lease lease = free.get()) {
      Instant began = Instant.now();
      WorkerReply reply =
          lease
              .device()
              .call(
                  List.of(device.backend.function(device.workload, kernel, built)),
                  problems,
                  policy,
                  device.patience.trial());
      return measured(kernel, policy, built, reply, lease.device().name(), began);
    }
  }

  private Trial measured(
      MicroKernel kernel,
      TimingPolicy policy,
      BuildResult built,
      WorkerReply reply,
      String where,
      Instant began) {
    List<Timing> timings = reply.timings().stream().map(functions -> functions.get(0)).toList();
    double peak = device.backend.target().peakGflops();
    boolean noisy =
        reply.outcome() == Outcome.OK
            && timings.stream().anyMatch(t -> t.spread(peak) > policy.noisyAbove());
    return new Trial(
        kernel,
        noisy ? Outcome.NOISY : reply.outcome(),
        noisy ? "samples spread by more than " + policy.noisyAbove() : reply.message(),
        device.backend.resources(device.workload, kernel, built),
        built.nanos(),
        reply.verifyNanos(),
        reply.timeNanos(),
        timings,
        where,
        ChronoUnit.MICROS.between(Instant.EPOCH, began));
  }

  private Trial unmeasured(MicroKernel kernel, Outcome outcome, String message, long buildNanos) {
    return new Trial(
        kernel, outcome, message, Map.of(), buildNanos, 0, 0, List.of(), device.name());
  }

  /**
   * Several micro-kernels and the vendors' libraries on one problem, verified and timed side by
   * side. What fails is left out, and the others are timed without it.
   *
   * @param paths problems for whose paths the kernels are built; empty for all that a bundle needs
   * @param until when the measuring may begin at the latest
   * @return one for each kernel, then one for each vendor
   */
  public List<Lap> compare(
      List<MicroKernel> kernels,
      List<Backend.Vendor> vendors,
      Problem problem,
      TimingPolicy policy,
      Optional<List<Problem>> paths,
      Deadline until) {
    return comparison.of(kernels, vendors, problem, policy, paths, until);
  }

  /** Whole bundles, which may be of any workload, beside each other. */
  public BundleTimer bundles() {
    return new BundleTrial(devices);
  }

  @Override
  public void close() {
    devices.close();
  }
}
