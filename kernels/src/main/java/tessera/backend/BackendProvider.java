package tessera.backend;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import tessera.microkernel.SearchSpace;
import tessera.workload.TargetKind;
import tessera.workload.Workload;

/**
 * One kind of hardware, before any device of it is open. {@link Backends} finds each by its name in
 * {@code META-INF/services/tessera.backend.BackendProvider}.
 */
public interface BackendProvider extends TargetKind {
  /** The record that describes such hardware. */
  Class<? extends Target> targetType();

  /**
   * What is searched for a target, which need not be on this machine.
   *
   * @param target of this kind
   */
  SearchSpace space(Target target, Workload workload);

  /**
   * Looks at this machine: finds the first such device and measures its peak.
   *
   * @param isa the instruction set that {@code --isa} narrows it to; empty for all that it has
   * @throws tessera.UserError where there is no such device, no compiler for it, or no such set
   */
  Backend detect(Optional<String> isa);

  /**
   * Looks at this machine again, as a target was once detected: narrowed where that was.
   *
   * @throws tessera.UserError as {@link #detect}
   */
  default Backend detectLike(Target target) {
    return detect(Optional.empty());
  }

  /**
   * Opens a device that a target describes, with the peak of that target, so that all processes of
   * a run normalise alike.
   *
   * @param target of this kind
   * @param address of {@link #addresses}, or what Spark assigned
   * @param build the longest that a compile may take; empty for the back end's own limit
   */
  Backend open(Target target, String address, Optional<Duration> build);

  /** The devices of this machine that this process may use; at least one, in case it is asked. */
  List<String> addresses();

  /** The name under which Spark assigns such devices to tasks; empty where it does not. */
  default Optional<String> sparkResource() {
    return Optional.empty();
  }
}
