package tessera.backend;

import java.util.List;
import java.util.Optional;
import tessera.workload.TargetKind;

/**
 * One kind of hardware, before any device of it is open. {@link Backends} finds each by its name in
 * {@code META-INF/services/tessera.backend.BackendProvider}.
 */
public interface BackendProvider extends TargetKind {
  /**
   * Whether workload files can ask for it; what pretends to be hardware is for benchmarks alone.
   */
  default boolean isOffered() {
    return true;
  }

  /** The record that describes such hardware. */
  Class<? extends Target> targetType();

  /**
   * What a target tells, which need not be on this machine.
   *
   * @param target of this kind
   */
  Hardware hardware(Target target);

  /**
   * Looks at a device of this machine and measures its peak.
   *
   * @param address of {@link #addresses}, or what Spark assigned
   * @param isa the instruction set that {@code --isa} narrows it to; empty for all that it has
   * @throws tessera.UserError where there is no such device, no compiler for it, or no such set
   */
  Backend detect(String address, Optional<String> isa);

  /**
   * The instruction set by which {@link #detect} finds a target's hardware again; empty where that
   * was not narrowed.
   *
   * @param target of this kind
   */
  default Optional<String> narrowing(Target target) {
    return Optional.empty();
  }

  /** The devices of this machine that this process may use; at least one, in case it is asked. */
  List<String> addresses();

  /** The name under which Spark assigns such devices to tasks; empty where it does not. */
  default Optional<String> sparkResource() {
    return Optional.empty();
  }
}
