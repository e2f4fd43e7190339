package tessera.job.spark;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.TaskContext;
import tessera.UserError;
import tessera.backend.Backend;
import tessera.backend.BackendProvider;
import tessera.backend.Backends;

/**
 * The devices of this executor that the running task may use: those that Spark assigned to it, else
 * all of the machine. Each is looked at once and known until the JVM ends.
 */
final class ExecutorDevices {
  /** A device as it was asked for. */
  private record Seat(String kind, String address, Optional<String> isa) {}

  /** What became of a look at a device: one of them is there. */
  private record Look(Optional<Backend> device, Optional<UserError> mistake) {}

  private static final Map<Seat, Look> LOOKS = new ConcurrentHashMap<>();

  /** Devices of this machine by the key of their back end, counted when first asked for. */
  private static final Map<String, List<String>> COUNTED = new ConcurrentHashMap<>();

  private ExecutorDevices() {}

  /** Lets those that could not be used be looked at again. */
  static void forgetFailures() {
    LOOKS.values().removeIf(look -> look.device().isEmpty());
  }

  /**
   * Those that can be used.
   *
   * @param isa the instruction set that a CPU is narrowed to
   * @throws UserError where none can, with the reason of the first
   */
  static List<Backend> usable(String kind, Optional<String> isa) {
    List<Look> looks =
        addresses(kind).parallelStream()
            .map(address -> LOOKS.computeIfAbsent(new Seat(kind, address, isa), seat -> look(seat)))
            .toList();
    if (TaskContext.get().isInterrupted()) {
      forgetFailures(); // what was found broken may only have been broken off
    }
    List<Backend> devices = looks.stream().flatMap(look -> look.device().stream()).toList();
    if (devices.isEmpty()) {
      throw new UserError(looks.get(0).mistake().orElseThrow().getMessage());
    }
    return devices;
  }

  private static Look look(Seat seat) {
    try {
      BackendProvider provider = Backends.of(seat.kind());
      return new Look(Optional.of(provider.detect(seat.address(), seat.isa())), Optional.empty());
    } catch (UserError e) {
      return new Look(Optional.empty(), Optional.of(e));
    }
  }

  /** At least one. */
  static List<String> addresses(String kind) {
    BackendProvider provider = Backends.of(kind);
    return provider
        .sparkResource()
        .flatMap(name -> Optional.ofNullable(TaskContext.get().resourcesJMap().get(name)))
        .map(resource -> List.of(resource.addresses()))
        .orElseGet(() -> COUNTED.computeIfAbsent(kind, key -> provider.addresses()));
  }
}
