package tessera.job.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TerminalTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "/dev/pts/3, true",
    "/dev/tty1, true",
    "/dev/console, true",
    "/dev/null, false",
    "/tmp/tty1, false",
    "pipe:[4026], false"
  })
  void isTerminal_streamToADevice_onlyIfItIsOne(Path device, boolean terminal) throws IOException {
    Path stream = Files.createSymbolicLink(folder.resolve("2"), device);
    assertEquals(terminal, Terminal.isTerminal(stream));
  }

  @Test
  void isTerminal_closedStream_isNone() {
    assertEquals(false, Terminal.isTerminal(folder.resolve("none")));
  }
}
