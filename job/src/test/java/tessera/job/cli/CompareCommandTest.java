package tessera.job.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.Json;
import tessera.analysis.MadeUpBundle;
import tessera.job.Ran;
import tessera.storage.Place;

/** {@code compare}: its exit codes, its table and its JSON. */
final class CompareCommandTest {
  @TempDir private Path folder;

  private Place fast;
  private Place slow;

  private static Ran compare(Object... arguments) {
    return Ran.of(List.of("compare"), arguments);
  }

  @BeforeEach
  void publish() {
    fast = new MadeUpBundle().timed(3, 1, 2e-6, 0, 0.01).publish(Place.of(folder.resolve("fast")));
    slow = new MadeUpBundle().timed(3, 1, 4e-6, 0, 0.01).publish(Place.of(folder.resolve("slow")));
  }

  @Test
  void compare_withASlowerBundle_ends4AndShowsEachShape() {
    Ran ran = compare(fast, slow);
    assertEquals(4, ran.code(), ran.err());
    assertEquals(
        "A          " + fast + ", made 2026-01-01T00:00:00Z for NVIDIA H200", ran.lines().get(0));
    assertEquals(
        "3                             2.0          4.0   0.500x    1.0%  slower",
        ran.lines().get(3));
    assertEquals(
        "1 shape: weighted 0.500x, geometric mean 0.500x, worst 0.500x; B is slower (0.990x to"
            + " 1.010x is no difference: how far repeated timings of the two differ, in the median of the"
            + " shapes)",
        ran.lines().get(4));
  }

  @Test
  void compare_withAFasterOrTheSame_ends0() {
    assertEquals(0, compare(slow, fast).code());
    assertEquals(0, compare(fast, fast).code());
  }

  @Test
  void json_ofAComparison_hasItsFields() throws IOException {
    Path file = folder.resolve("comparison.json");
    Ran ran = compare(fast, slow, "--json", file);
    assertEquals(4, ran.code(), ran.err());
    assertEquals(5, ran.lines().size());
    JsonNode form = Json.DOCUMENTS.readTree(file.toFile());
    assertEquals(1, form.path("schemaVersion").asInt());
    assertEquals("comparison", form.path("kind").asText());
    assertEquals("SLOWER", form.path("verdict").asText());
    assertEquals(0.5, form.path("shapes").path(0).path("ratio").asDouble());
    assertTrue(form.path("shapes").path(0).path("vendorRatioA").isNull());
  }

  @Test
  void report_ofAComparison_isAPageOfBothSides() throws IOException {
    Path file = folder.resolve("comparison.html");
    Ran ran = compare(fast, slow, "--report", file);
    assertEquals(4, ran.code(), ran.err());
    assertEquals(5, ran.lines().size());
    String page = Files.readString(file);
    assertTrue(page.contains("\"verdict\":\"SLOWER\""));
    assertTrue(page.contains("\"subjects\":[]"));
  }

  @Test
  void json_onStandardOutput_isAllThatStandsThere() throws IOException {
    Ran ran = compare(fast, slow, "--json", "-");
    assertEquals("SLOWER", Json.DOCUMENTS.readTree(ran.out()).path("verdict").asText());
  }

  @Test
  void compare_withWhatIsNotThere_isAMistake() {
    Ran ran = compare(fast, folder.resolve("nothing"));
    assertEquals(2, ran.code());
    assertEquals(
        "tessera: "
            + folder.resolve("nothing")
            + " does not exist; give the folder of a run or of a bundle, as tune printed them\n",
        ran.err());
  }

  @Test
  void json_whereNoFileCanBe_isAMistake() {
    Ran ran = compare(fast, slow, "--json", folder.resolve("no/folder.json"));
    assertEquals(2, ran.code());
    assertTrue(ran.err().endsWith("; give --json a file in a folder that exists\n"), ran.err());
  }
}
