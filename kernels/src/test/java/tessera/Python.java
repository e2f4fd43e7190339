package tessera;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** Runs Python programs in tests, which are skipped where there is no python3. */
public final class Python {
  /**
   * How a program ended.
   *
   * @param output what it wrote to both of its streams
   */
  public record Ended(int code, String output) {}

  private Python() {}

  public static Ended run(List<String> arguments) throws IOException, InterruptedException {
    Assumptions.assumeTrue(isHere(), "python3 was not found");
    List<String> command = new ArrayList<>(List.of("python3", "-B", "-X", "utf8"));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("PYTHONPATH", "");
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), output);
  }

  private static boolean isHere() {
    for (String folder : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
      if (new File(folder, "python3").canExecute()) {
        return true;
      }
    }
    return false;
  }
}
