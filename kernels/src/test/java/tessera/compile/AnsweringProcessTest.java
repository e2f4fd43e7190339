package tessera.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AnsweringProcessTest {
  @TempDir private Path folder;

  /** Asks a shell for the value of its argument, and says the answer. */
  static final class Asking {
    public static void main(String[] arguments) throws Exception {
      String script = "read x; echo \"{$(" + arguments[0] + ")\"; sleep 100";
      try (AnsweringProcess process = new AnsweringProcess(List.of("sh", "-c", script))) {
        System.out.print(process.ask("go", AnsweringProcess.Limit.of(Duration.ofSeconds(60))));
      }
    }
  }

  /** The answer in a process with some more environment, whose temporary folder is this one. */
  private String answer(String question, Map<String, String> environment) throws IOException {
    List<String> command =
        JavaCommand.of(Asking.class)
            .with(AnsweringProcess.class)
            .withOption("-Djava.io.tmpdir=" + folder)
            .build();
    command.add(question);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    return new String(builder.start().getInputStream().readAllBytes(), StandardCharsets.UTF_8);
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
  void start_secretsInTheEnvironment_areNotInherited() throws IOException {
    String seen =
        answer(
            "env | tr '\\n' ' '",
            Map.of(
                "AWS_SECRET_ACCESS_KEY", "secret",
                "AWS_SESSION_TOKEN", "secret",
                "NVIDIA_API_KEY", "secret",
                "TESSERA_JAVA_OPTIONS", "-Dpassword=secret",
                "DATABASE", "secret",
                "OMP_NUM_THREADS", "3",
                "CUDA_VISIBLE_DEVICES", "1"));
    List<String> lines = List.of(seen.substring(1).split(" "));
    assertTrue(lines.contains("OMP_NUM_THREADS=3"), seen);
    assertTrue(lines.contains("CUDA_VISIBLE_DEVICES=1"), seen);
    assertTrue(lines.stream().anyMatch(line -> line.startsWith("PATH=")), seen);
    assertFalse(seen.contains("secret"), seen);
  }

  @Test
  void start_everyProcess_hasAFolderOfItsOwnThatGoesWithIt() throws IOException {
    String answer = answer("stat -c '%a %n' $TMPDIR", Map.of());
    assertTrue(answer.matches("\\{700 " + folder + "/tessera-process\\d+"), answer);
    try (var files = Files.list(folder)) {
      assertEquals(List.of(), files.toList());
    }
  }

  @Test
  void start_everyProcess_leavesNoCoreAndIsTheFirstThatAFullMemoryEnds() throws IOException {
    assertEquals("{0 1000", answer("echo $(ulimit -c) $(cat /proc/self/oom_score_adj)", Map.of()));
    assertEquals("{5529600", answer("ulimit -t", Map.of()));
  }
}
