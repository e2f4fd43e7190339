package tessera;

import java.util.Optional;

/**
 * A fault of the cluster or of storage, which no change of a command or a file mends; its message
 * is one sentence with the cause.
 */
public final class EnvironmentFault extends RuntimeException {
  public EnvironmentFault(String message) {
    super(message);
  }

  public EnvironmentFault(String message, Throwable cause) {
    super(message, cause);
  }

  /** The same fault with what the user can do, which is known farther up. */
  public EnvironmentFault with(String remedy) {
    return new EnvironmentFault(getMessage() + "; " + remedy, this);
  }

  /** The outermost fault that a failure comes from. */
  public static Optional<EnvironmentFault> in(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof EnvironmentFault fault) {
        return Optional.of(fault);
      }
    }
    return Optional.empty();
  }
}
