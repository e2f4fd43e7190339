package tessera.job.spark;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tessera.EnvironmentFault;
import tessera.Json;
import tessera.UserError;
import tessera.backend.DeviceReport;
import tessera.measure.Deadline;

/**
 * Looks at the devices of all executors that there are when a run begins, as a Spark job: the
 * driver may have no such device.
 */
final class Detection {
  /**
   * Executors start one after the other, while the first looks; those are all when none came for so
   * long after that.
   */
  private static final long SETTLING_MILLIS = 500;

  /** How soon executors must begin to look. */
  private static final Duration BEGIN = Duration.ofMinutes(2);

  /** The longest that a look may take: it starts a vendor's driver, and compiles. */
  private static final Duration LOOK = Duration.ofMinutes(3);

  /** However many come and go. */
  private static final int MOST_PASSES = 8;

  /** What one executor has. */
  private record Device(DeviceReport report, String name) {}

  private record Devices(List<Device> devices) {}

  private final Executors executors;
  private final String kind;
  private final String isa;
  private final Map<Executor, Answer> answers = new LinkedHashMap<>();

  /**
   * @param isa the instruction set that a CPU is narrowed to
   */
  Detection(Executors executors, String kind, Optional<String> isa) {
    this.executors = executors;
    this.kind = kind;
    this.isa = isa.orElse("");
  }

  /**
   * What there is, once all executors were looked at.
   *
   * @throws UserError where none has a usable device, with the reason of the first
   */
  Cluster.Found found() {
    ask(executors.jobs().alive());
    for (int pass = 1; pass < MOST_PASSES; pass++) {
      List<Executor> more = unasked();
      if (more.isEmpty()) {
        break;
      }
      ask(more);
    }
    Map<String, DeviceReport> kinds = kinds();
    List<String> unusable =
        answers.entrySet().stream()
            .filter(entry -> entry.getValue().status() != Answer.Status.DONE)
            .map(entry -> entry.getKey() + " is not used: " + entry.getValue().text())
            .toList();
    if (answers.isEmpty()) {
      throw new EnvironmentFault("no executor looked for its devices in time");
    }
    if (kinds.isEmpty()) {
      Map.Entry<Executor, Answer> first = answers.entrySet().iterator().next();
      throw new UserError(
          executors.jobs().areFixed()
              ? first.getValue().text()
              : first.getKey() + ": " + first.getValue().text());
    }
    return new Cluster.Found(List.copyOf(kinds.values()), unusable);
  }

  /** By their fingerprints; what hosts of equal hardware have in common. */
  private Map<String, DeviceReport> kinds() {
    Map<String, DeviceReport> kinds = new LinkedHashMap<>();
    Map<Executor, Set<String>> owners = new LinkedHashMap<>();
    answers.forEach(
        (executor, answer) -> {
          Set<String> own = owners.computeIfAbsent(executor, key -> new LinkedHashSet<>());
          if (answer.status() == Answer.Status.DONE) {
            for (Device device : Json.record(answer.text(), Devices.class).devices()) {
              String fingerprint = device.report().target().fingerprint();
              own.add(fingerprint);
              kinds.merge(fingerprint, device.report(), DeviceReport::leastOf);
              executors.noteDevices(executor, fingerprint, List.of(device.name()));
            }
          }
        });
    owners.forEach(
        (executor, own) ->
            kinds.keySet().forEach(key -> executors.note(executor, key, own.contains(key))));
    return kinds;
  }

  /** Executors that nobody looked at, once there are some or none came for a while. */
  private List<Executor> unasked() {
    long settled = System.nanoTime() + 1_000_000 * SETTLING_MILLIS;
    while (true) {
      List<Executor> left = new ArrayList<>(executors.jobs().alive());
      left.removeAll(answers.keySet());
      if (!left.isEmpty() || executors.jobs().areFixed() || System.nanoTime() - settled > 0) {
        return left;
      }
      pause();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EnvironmentFault("the run was interrupted while it looked for executors", e);
    }
  }

  /** One task for each; where there is none yet, the first that comes is asked. */
  private void ask(List<Executor> some) {
    int tasks = Math.max(1, some.size());
    List<List<String>> places = new ArrayList<>();
    List<String> requests = new ArrayList<>();
    for (int i = 0; i < tasks; i++) {
      requests.add("");
      places.add(some.isEmpty() ? List.of() : List.of(some.get(i).location()));
    }
    String asked = kind;
    String narrowing = isa;
    executors
        .jobs()
        .ask(
            "look for devices",
            Deadline.in(BEGIN),
            LOOK,
            requests,
            places,
            List::of,
            request -> look(asked, narrowing))
        .answers()
        .forEach(answer -> answer.ifPresent(said -> answers.putIfAbsent(said.executor(), said)));
  }

  private static Answer look(String kind, String isa) {
    ExecutorDevices.forgetFailures();
    try {
      Optional<String> narrowing = Optional.of(isa).filter(set -> !set.isEmpty());
      return Answer.done(
          new Devices(
              ExecutorDevices.usable(kind, narrowing).stream()
                  .map(device -> new Device(DeviceReport.of(device), device.deviceName()))
                  .toList()));
    } catch (UserError e) {
      return Answer.mistake(e.getMessage());
    }
  }
}
