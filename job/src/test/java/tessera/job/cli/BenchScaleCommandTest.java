package tessera.job.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.Json;
import tessera.job.Tessera;

final class BenchScaleCommandTest {
  private final Properties before = (Properties) System.getProperties().clone();

  @TempDir private Path folder;

  @AfterEach
  void restoreProperties() {
    System.setProperties(before);
  }

  private static String run(String... arguments) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = System.out;
    try (PrintStream to = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      System.setOut(to);
      assertEquals(0, Tessera.execute(arguments));
    } finally {
      System.setOut(out);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  @Test
  void scale_oneAndThreeDevices_searchesWithEachAndSaysWhatItTook() throws IOException {
    Path json = folder.resolve("scale.json");
    String out = folder.resolve("out").toString();
    String said =
        run(
            "bench",
            "scale",
            "--devices",
            "1,3",
            "--trials",
            "60",
            "--time",
            "0.002",
            "--out",
            out,
            "--json",
            json.toString());
    List<String> rows = said.lines().filter(line -> line.matches(" +[13] .*")).toList();
    assertEquals(2, rows.size(), said);
    assertTrue(rows.get(0).matches(" +1 +20 .* 1\\.0x .* us"), said);
    assertTrue(rows.get(1).matches(" +3 +60 .* us"), said);
    List<String> ids = new ArrayList<>();
    for (JsonNode record : Json.DOCUMENTS.readTree(json.toFile()).get("records")) {
      ids.add(record.get("id").asText());
      assertEquals("simulated devices", record.get("device").asText());
    }
    assertTrue(ids.containsAll(List.of("scale-1", "scale-3", "scale-3-overhead")), ids::toString);
    try (Stream<Path> runs = Files.list(folder.resolve("out/runs"))) {
      Path last = runs.sorted().reduce((first, second) -> second).orElseThrow();
      String inspected = run("inspect", last.toString());
      List<String> devices = inspected.lines().filter(line -> line.startsWith("device ")).toList();
      assertEquals(3, devices.size(), inspected);
      assertTrue(devices.stream().allMatch(line -> line.endsWith("never two at once")), inspected);
    }
  }
}
