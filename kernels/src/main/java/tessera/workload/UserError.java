package tessera.workload;

/**
 * A mistake that the user can mend; its message is one sentence that names the thing, the place and
 * the remedy.
 */
public final class UserError extends RuntimeException {
  public UserError(String message) {
    super(message);
  }

  public UserError(String message, Throwable cause) {
    super(message, cause);
  }
}
