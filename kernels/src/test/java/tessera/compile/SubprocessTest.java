package tessera.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SubprocessTest {
  /** Prints what a shell script prints. */
  static final class Echo {
    public static void main(String[] arguments) throws IOException {
      List<String> command = List.of("sh", "-c", arguments[0]);
      System.out.print(Subprocess.run(command, Path.of("."), Duration.ofSeconds(20)).output());
    }
  }

  @Test
  void run_userSpeaksGerman_commandSpeaksEnglish() throws IOException {
    List<String> command = JavaCommand.of(Echo.class).with(Subprocess.class).build();
    command.add("echo $LC_ALL/$LANGUAGE");
    ProcessBuilder german = new ProcessBuilder(command);
    german.environment().put("LC_ALL", "de_DE.UTF-8");
    german.environment().put("LANGUAGE", "de");
    Process process = german.redirectErrorStream(true).start();
    assertEquals(
        "C.UTF-8/\n", new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
  }
}
