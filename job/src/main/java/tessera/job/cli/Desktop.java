package tessera.job.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The programs that a person has in front of them. */
final class Desktop {
  /** A browser that runs for longer did start. */
  private static final int SECONDS = 2;

  private Desktop() {}

  /**
   * Shows a file in the browser that the desktop has for it.
   *
   * @return whether it could
   */
  static boolean show(Path file) {
    return start(List.of("xdg-open", file.toAbsolutePath().toString()));
  }

  /** With the whole environment, by which a program finds its desktop, and left to itself. */
  static boolean start(List<String> command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      return !process.waitFor(SECONDS, TimeUnit.SECONDS) || process.exitValue() == 0;
    } catch (IOException e) {
      return false; // there is no such program
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }
}
