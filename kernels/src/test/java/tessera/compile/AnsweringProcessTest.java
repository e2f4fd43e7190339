package tessera.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AnsweringProcessTest {
  @TempDir private Path folder;

  /** Starts what is not there. */
  static final class Starter {
    public static void main(String[] arguments) {
      try (AnsweringProcess process = new AnsweringProcess(List.of("/no/such/program"))) {
        System.out.print("started");
      } catch (IOException e) {
        System.out.print("refused");
      }
    }
  }

  @Test
  void ask_processThatDiesAfterManyLines_namesTheLast() throws IOException {
    String script = "read x; seq 1 30000 >&2; echo 'the last one' >&2; exit 3";
    try (AnsweringProcess process = new AnsweringProcess(List.of("sh", "-c", script))) {
      AnsweringProcess.Died died =
          assertThrows(
              AnsweringProcess.Died.class,
              () -> process.ask("go", AnsweringProcess.Limit.of(Duration.ofSeconds(60))));
      assertEquals("the process died with exit code 3: the last one", died.getMessage());
    }
  }

  @Test
  void start_programThatIsNotThere_leavesNoFile() throws IOException {
    List<String> command =
        JavaCommand.of(Starter.class)
            .with(AnsweringProcess.class)
            .withOption("-Djava.io.tmpdir=" + folder)
            .build();
    assertEquals("refused", Subprocess.run(command, folder, Duration.ofSeconds(60)).output());
    try (var files = Files.list(folder)) {
      assertEquals(List.of(), files.toList());
    }
  }
}
