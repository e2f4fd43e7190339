package tessera.compile;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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

  /**
   * How a compiler's run ended.
   *
   * @param artifact the file that it was to write
   */
  public static BuildResult of(
      Subprocess.Result result, Path artifact, Duration deadline, long nanos) {
    if (result.timedOut()) {
      return new BuildResult(
          Status.TIMEOUT,
          Optional.empty(),
          "the compiler was stopped after " + deadline.toMillis() + " ms",
          nanos);
    }
    return result.exitCode() == 0 && Files.exists(artifact)
        ? new BuildResult(Status.OK, Optional.of(artifact), "", nanos)
        : new BuildResult(Status.FAILED, Optional.empty(), firstError(result.output()), nanos);
  }

  private static String firstError(String output) {
    return output
        .lines()
        .filter(line -> line.contains("error"))
        .findFirst()
        .orElse(output.lines().findFirst().orElse("no output"));
  }
}
