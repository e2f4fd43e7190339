package tessera.job.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import tessera.job.Tessera;

final class BenchDevicesCommandTest {
  @Test
  void devices_ofALogWithoutTimes_isAMistake() {
    String run = "src/test/resources/former/cuda-run";
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream err = System.err;
    try (PrintStream said = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      System.setErr(said);
      assertEquals(2, Tessera.execute("bench", "devices", run));
    } finally {
      System.setErr(err);
    }
    assertEquals(
        List.of(
            "tessera: the log of "
                + run
                + " does not say when trials were measured, which older versions did not log; give other runs"),
        bytes
            .toString(StandardCharsets.UTF_8)
            .lines()
            .filter(line -> line.startsWith("tessera:"))
            .toList());
  }
}
