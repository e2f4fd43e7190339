package tessera.job.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.analysis.MadeUpBundle;
import tessera.integrity.Trust;
import tessera.runtime.Bundle;
import tessera.storage.Place;

final class ReportTest {
  @TempDir private Path folder;

  private List<String> table(MadeUpBundle bundle) {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    Path published = bundle.publish(Place.of(folder)).absolute().onDisk().orElseThrow();
    Report.table(
        new PrintStream(said, true, StandardCharsets.UTF_8),
        Bundle.openUnused(published, Trust.anyone()).manifest());
    return said.toString(StandardCharsets.UTF_8).lines().toList();
  }

  @Test
  void table_shapesBeyondTheRange_areMarkedAndSummedUpApart() {
    List<String> lines =
        table(
            new MadeUpBundle()
                .timed(2, 0.5, 1e-3, 2e-3, 0)
                .timed(256, 0, 1e-3, 0.5e-3, 0)
                .timed(8, 0.5, 1e-3, 2e-3, 0));
    assertEquals(
        List.of("2", "8", "256 beyond"),
        lines.subList(1, 4).stream().map(line -> line.substring(0, 20).strip()).toList());
    assertEquals(
        "against the better of a library on each shape: geometric mean 2.000x, worst 2.000x",
        lines.get(4));
    assertEquals(
        "beyond the tuned range, 1 shape: geometric mean 0.500x, worst 0.500x, regret at most 0.00%",
        lines.get(5));
  }

  @Test
  void table_nothingBeyond_saysNothingOfIt() {
    List<String> lines = table(new MadeUpBundle().timed(2, 1, 1e-3, 0, 0));
    assertEquals(2, lines.size());
    assertFalse(lines.get(1).contains("beyond"));
  }

  @Test
  void table_ofAnEpilogue_saysWhyThereIsNoLibrary() {
    List<String> lines =
        table(new MadeUpBundle().withEpilogue("bias+relu").timed(2, 1, 1e-3, 0, 0));
    assertEquals(
        "no library was timed beside it: they are compared on products without an epilogue, and this one has bias+relu",
        lines.get(2));
  }
}
