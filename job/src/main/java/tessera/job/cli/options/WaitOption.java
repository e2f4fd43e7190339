package tessera.job.cli.options;

import java.time.Duration;
import picocli.CommandLine.Option;
import tessera.UserError;
import tessera.job.spark.Cluster;

/** How long a command waits for its cluster. */
public final class WaitOption {
  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      defaultValue = "" + Cluster.DEFAULT_WAIT_SECONDS,
      description =
          "How long to wait for the cluster, and for executors whenever it has none (default:"
              + " ${DEFAULT-VALUE}).")
  private int seconds;

  /**
   * @throws UserError where it is no time
   */
  public Duration duration() {
    if (seconds < 1) {
      throw new UserError("--wait must be positive, not " + seconds);
    }
    return Duration.ofSeconds(seconds);
  }
}
