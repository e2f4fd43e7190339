package tessera.job.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether somebody watches what this process writes. System.console() does not tell on Java 22. */
public final class Terminal {
  private static final Path STANDARD_ERROR = Path.of("/proc/self/fd/2");

  private Terminal() {}

  public static boolean isOnStandardError() {
    return isTerminal(STANDARD_ERROR);
  }

  /**
   * @param stream a link to what is written to
   */
  static boolean isTerminal(Path stream) {
    try {
      String device = Files.readSymbolicLink(stream).toString();
      return device.matches("/dev/(pts/\\d+|tty\\w*|console)");
    } catch (IOException e) {
      return false;
    }
  }
}
