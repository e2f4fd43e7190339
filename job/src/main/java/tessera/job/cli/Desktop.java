package tessera.job.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import tessera.UserError;
import tessera.compile.Subprocess;

/** The programs that a person has in front of them. */
final class Desktop {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private Desktop() {}

  /** Shows a file in the browser that the desktop has for it. */
  static void show(Path file) {
    Path absolute = file.toAbsolutePath();
    List<String> command = List.of("xdg-open", absolute.toString());
    try {
      if (Subprocess.run(command, absolute.getParent(), PATIENCE).exitCode() == 0) {
        return;
      }
    } catch (IOException e) {
      // there is no such program
    }
    throw new UserError(
        "xdg-open cannot show " + file + "; open it in a browser: it fetches nothing");
  }
}
