package tessera.compile;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How a build ended.
 *
 * @param artifact the compiled file, present when the status is OK
 * @param message the compiler's first complaint otherwise
 */
public record BuildResult(Status status, Optional<Path> artifact, String message, long nanos) {
  /** Why there is an artifact, or none. */
  public enum Status {
    OK,
    FAILED,
    TIMEOUT
  }
}
