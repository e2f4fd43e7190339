package tessera.job.spark;

import java.io.Serializable;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import tessera.Json;
import tessera.UserError;
import tessera.backend.Backend;
import tessera.backend.Backends;
import tessera.backend.Peer;
import tessera.backend.Target;
import tessera.measure.Deadline;
import tessera.measure.DeviceWaits;
import tessera.measure.Patience;
import tessera.trial.TrialRunner;
import tessera.workload.Instance;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/**
 * What an executor keeps for the tasks of one run: its devices of the run's hardware, and what
 * measures on them. Made at the first task that may use these devices, and kept until the JVM ends.
 */
final class Station {
  /**
   * What all tasks of a run have in common.
   *
   * @param samples instances that stand for all
   * @param budgetSeconds of the whole run, by which candidates are given up
   */
  record Context(
      WorkloadSpec spec, List<Instance> samples, Target target, long seed, double budgetSeconds) {}

  private record Key(String context, List<String> addresses) {}

  /** Executors that may die of a request before nobody tries it again. */
  private static final int ATTEMPTS = 2;

  private static final Map<String, Context> CONTEXTS = new ConcurrentHashMap<>();
  private static final Map<Key, Station> STATIONS = new ConcurrentHashMap<>();

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> STATIONS.values().forEach(s -> s.runner.close())));
  }

  /** What is done with a request here; it travels to executors. */
  @FunctionalInterface
  interface Work extends Serializable {
    /**
     * @param until when it may begin at the latest
     * @return a record
     */
    Object answer(Station station, String request, Deadline until);
  }

  /** What all executors have of a run; it travels to them. */
  @FunctionalInterface
  interface Shared extends Serializable {
    String text();
  }

  private final Workload workload;
  private final Backend device;
  private final DeviceWaits waits = new DeviceWaits(SparkEnv.get().conf().getAppId());
  private final TrialRunner runner;

  /** By what a user points at; unpacked and loaded when first asked for. */
  private final Map<List<Peer>, List<Backend.Vendor>> vendors = new HashMap<>();

  private Station(Context context, List<Backend> devices) {
    this.workload = context.spec().on(context.samples());
    this.device = devices.get(0);
    this.runner =
        new TrialRunner(
            devices, workload, context.seed(), Patience.of(context.budgetSeconds()), waits);
  }

  /**
   * Does some work of a run, where the running task has a device of the run's hardware.
   *
   * @param id of the context, among those of all runs
   */
  static Answer answer(String id, Shared context, Work work, Request request) {
    if (TaskContext.get().attemptNumber() >= ATTEMPTS) {
      return Answer.givenUp(ATTEMPTS + " executors died while they had it");
    }
    Context read = CONTEXTS.computeIfAbsent(id, key -> Json.record(context.text(), Context.class));
    List<Backend> devices;
    try {
      Target target = read.target();
      devices = ExecutorDevices.usable(target.kind(), Backends.of(target).narrowing(target));
    } catch (UserError e) {
      return Answer.elsewhere(e.getMessage());
    }
    List<Backend> right =
        devices.stream()
            .filter(device -> device.target().fingerprint().equals(read.target().fingerprint()))
            .toList();
    if (right.isEmpty()) {
      return Answer.elsewhere(devices.get(0).target().words());
    }
    Key key = new Key(id, ExecutorDevices.addresses(read.target().kind()));
    try {
      Station station = STATIONS.computeIfAbsent(key, made -> open(read, right));
      Object done = work.answer(station, request.text(), request.until());
      return Answer.done(done).after(station.waits.take());
    } catch (UserError e) {
      return Answer.mistake(e.getMessage());
    } catch (RuntimeException e) {
      if (TaskContext.get().isInterrupted() || isTriedAgain()) {
        throw e;
      }
      return Answer.givenUp(UserError.shortened(e.toString()));
    }
  }

  /** Whether Spark gives the running task to an executor once more if it fails; its own never. */
  private static boolean isTriedAgain() {
    return TaskContext.get().attemptNumber() + 1 < ATTEMPTS
        && !SparkEnv.get().blockManager().blockManagerId().isDriver();
  }

  private static Station open(Context context, List<Backend> devices) {
    Duration build = Patience.of(context.budgetSeconds()).build();
    return new Station(
        context, devices.stream().map(device -> device.as(context.target(), build)).toList());
  }

  Workload workload() {
    return workload;
  }

  /** What builds; which of the devices measures is the runner's choice. */
  Backend device() {
    return device;
  }

  TrialRunner runner() {
    return runner;
  }

  /**
   * Libraries of others.
   *
   * @throws UserError where one that a user points at cannot be used here
   */
  synchronized List<Backend.Vendor> vendors(List<Peer> peers) {
    return vendors.computeIfAbsent(peers, asked -> device.vendors(workload, asked));
  }

  /** Those that a user points at and that cannot be used here, each with the reason. */
  Map<Peer, String> unusable(List<Peer> peers) {
    Optional<String> together = peers.isEmpty() ? Optional.empty() : whyNot(peers);
    if (together.isEmpty()) {
      return Map.of();
    }
    Map<Peer, String> unusable = new LinkedHashMap<>();
    for (Peer peer : peers) {
      whyNot(List.of(peer)).ifPresent(why -> unusable.put(peer, why));
    }
    return unusable.isEmpty() ? Map.of(peers.get(0), together.get()) : unusable;
  }

  private Optional<String> whyNot(List<Peer> peers) {
    try {
      vendors(peers);
      return Optional.empty();
    } catch (UserError e) {
      return Optional.of(e.getMessage());
    }
  }
}
