package tessera.trial;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import tessera.backend.Backend;
import tessera.compile.BuildResult;
import tessera.measure.Deadline;
import tessera.measure.Outcome;
import tessera.measure.Patience;
import tessera.measure.Timing;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MicroKernel;
import tessera.operator.Problem;
import tessera.worker.Pulse;
import tessera.worker.WorkerReply;
import tessera.worker.WorkerRequest;

/** Times micro-kernels beside each other and beside the vendors' libraries, on one problem. */
final class Comparison {
  private final DevicePool devices;
  private final MeasuringDevice device;

  /** Functions that failed beside others, and how: each costs a run its deadline but once. */
  private final Map<WorkerRequest.Function, Lap> failed = new ConcurrentHashMap<>();

  Comparison(DevicePool devices) {
    this.devices = devices;
    this.device = devices.any();
  }

  /**
   * Several micro-kernels and the vendors' libraries on one problem, verified and timed side by
   * side. What fails is left out, and the others are timed without it.
   *
   * @param paths problems for whose paths the kernels are built; empty for all that a bundle needs
   * @param until when the measuring may begin at the latest
   * @return one for each kernel, then one for each vendor
   */
  List<Lap> of(
      List<MicroKernel> kernels,
      List<Backend.Vendor> vendors,
      Problem problem,
      TimingPolicy policy,
      Optional<List<Problem>> paths,
      Deadline until) {
    if (until.isOver()) {
      return Collections.nCopies(kernels.size() + vendors.size(), Lap.notRun());
    }
    List<BuildResult> builds =
        kernels.parallelStream()
            .map(
                kernel ->
                    paths
                        .map(some -> device.backend.buildForTrial(device.workload, kernel, some))
                        .orElseGet(() -> device.backend.build(device.workload, kernel)))
            .toList();
    SortedMap<Integer, WorkerRequest.Function> functions = new TreeMap<>();
    Lap[] laps = new Lap[kernels.size() + vendors.size()];
    for (int i = 0; i < builds.size(); i++) {
      if (builds.get(i).status() == BuildResult.Status.OK) {
        functions.put(i, device.backend.function(device.workload, kernels.get(i), builds.get(i)));
      } else {
        laps[i] = Lap.failed(MeasuringDevice.outcome(builds.get(i)), builds.get(i).message());
      }
    }
    for (int v = 0; v < vendors.size(); v++) {
      functions.put(kernels.size() + v, vendors.get(v).function());
    }
    Optional<DevicePool.Lease> free = devices.lease(until);
    if (free.isEmpty()) {
      functions.keySet().forEach(place -> laps[place] = Lap.notRun());
      return List.of(laps);
    }
    try (DevicePool.Lease lease = free.get()) {
      time(lease.device(), functions, problem, policy, until, laps);
    }
    return List.of(laps);
  }

  private Lap lap(Timing timing) {
    double peak = device.backend.target().peakGflops();
    return Lap.of(timing.seconds(peak), timing.spread(peak));
  }

  /**
   * Fills in the laps of some functions, by their places among all. A worker process says which
   * function took it down; where it cannot, each runs alone.
   */
  private void time(
      MeasuringDevice on,
      SortedMap<Integer, WorkerRequest.Function> functions,
      Problem problem,
      TimingPolicy policy,
      Deadline until,
      Lap[] laps) {
    SortedMap<Integer, WorkerRequest.Function> left = new TreeMap<>();
    functions.forEach(
        (place, function) -> {
          laps[place] = failed.get(function);
          if (laps[place] == null) {
            left.put(place, function);
          }
        });
    while (!left.isEmpty()) {
      List<Integer> places = List.copyOf(left.keySet());
      WorkerReply reply =
          until.isOver()
              ? MeasuringDevice.notRun()
              : on.call(List.copyOf(left.values()), List.of(problem), policy, Patience.UNLIMITED);
      if (reply.outcome() == Outcome.OK || reply.outcome() == Outcome.NOT_RUN) {
        for (int i = 0; i < places.size(); i++) {
          laps[places.get(i)] =
              reply.outcome() == Outcome.OK ? lap(reply.timings().get(0).get(i)) : Lap.notRun();
        }
        return;
      }
      if (reply.culprit() == Pulse.NONE && places.size() > 1) {
        left.forEach(
            (place, function) ->
                time(on, new TreeMap<>(Map.of(place, function)), problem, policy, until, laps));
        return;
      }
      int place = places.get(Math.max(0, reply.culprit()));
      laps[place] = Lap.failed(reply.outcome(), reply.message());
      if (reply.culprit() != Pulse.NONE) {
        failed.put(left.get(place), laps[place]);
      }
      left.remove(place);
    }
  }
}
