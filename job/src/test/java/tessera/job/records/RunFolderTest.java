package tessera.job.records;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tessera.compile.Subprocess;

final class RunFolderTest {
  @TempDir private Path folder;

  private RunFolder run(String out) throws IOException {
    Path run = Files.createDirectories(folder.resolve(out).resolve("runs/w-1"));
    Files.createFile(run.resolve("run.json"));
    return RunFolder.open(folder.resolve(out), "w-1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"out", "my out (1)", "that's $HOME", "a;b"})
  void resumption_inAShell_namesTheFolder(String out) throws IOException {
    RunFolder run = run(out);
    String command = run.resumption().replaceFirst("^tessera tune --resume ", "printf %s ");
    assertEquals(
        run.path().toString(),
        Subprocess.run(List.of("sh", "-c", command), folder, Duration.ofSeconds(60)).output());
  }

  @Test
  void resumption_plainPath_isNotQuoted() throws IOException {
    assertEquals(
        "tessera tune --resume " + folder.resolve("out/runs/w-1"), run("out").resumption());
  }
}
