package tessera.job.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.Json;
import tessera.UserError;
import tessera.backend.Target;
import tessera.backend.cpu.CpuTarget;
import tessera.job.search.MadeUpHardware;

final class FiguresTest {
  /** What scripts/figures demands of a record. */
  private static final List<String> FIELDS =
      List.of(
          "id", "what", "value", "unit", "command", "date", "device", "driver", "commit", "cpu");

  private static final Target ANOTHER =
      new CpuTarget("another", "key", "avx2", 8, 16, 1, 1, 1, 1, "gcc", 1);

  @TempDir Path folder;

  @Test
  void write_figure_hasAllFieldsOfARecord() throws IOException {
    Figures figures = figures();
    figures.add("BERT, m < 100", 1.23456, "times as fast", "cpu", "BERT, m < 100");
    Path file = folder.resolve("figures.json");
    figures.write(file);
    JsonNode page = Json.DOCUMENTS.readTree(file.toFile());
    JsonNode record = page.path("records").path(0);
    assertEquals("bench cpu", page.path("title").asText());
    assertEquals(FIELDS, fields(record));
    assertEquals("cpu-bert-m-100", record.path("id").asText());
    assertEquals("1.235", record.path("value").asText());
    assertEquals("scripts/tessera bench cpu", record.path("command").asText());
    assertEquals("none", record.path("driver").asText());
  }

  @Test
  void write_isDocumentedFieldByField() throws IOException {
    Figures figures = figures();
    figures.add("BERT, m < 100", 1.23456, "times as fast", "cpu");
    Path file = folder.resolve("figures.json");
    figures.write(file);
    JsonNode page = Json.DOCUMENTS.readTree(file.toFile());
    List<String> rows = new ArrayList<>(rows("", page));
    rows.addAll(rows("records[].", page.path("records").path(0)));
    assertEquals(rows, documented());
  }

  private static List<String> rows(String within, JsonNode object) {
    return fields(object).stream()
        .map(name -> "| `" + within + name + "` | " + type(object.path(name)) + " |")
        .toList();
  }

  private static String type(JsonNode value) {
    if (value.isArray()) {
      return value.isEmpty() ? "list of texts" : "list";
    }
    return value.isNumber() ? "number" : "text";
  }

  /** The first two columns of the document's table. */
  private static List<String> documented() throws IOException {
    List<String> lines = Files.readAllLines(Path.of("../docs/analysis.md"));
    return lines.subList(lines.indexOf("### `figures`") + 1, lines.size()).stream()
        .takeWhile(line -> !line.startsWith("#"))
        .filter(line -> line.startsWith("| `"))
        .map(line -> line.replaceFirst("^(\\| `[^`]+` \\| [^|]+ \\|).*", "$1"))
        .toList();
  }

  @Test
  void on_anotherTarget_namesItInTheSameFile() throws IOException {
    Figures figures = figures();
    figures.on(ANOTHER).add("a", 1, "us", "a");
    figures.add("b", 1, "us", "b");
    Path file = folder.resolve("figures.json");
    figures.write(file);
    List<String> devices = new ArrayList<>();
    Json.DOCUMENTS
        .readTree(file.toFile())
        .path("records")
        .forEach(record -> devices.add(record.path("device").asText()));
    assertEquals(List.of("another", new MadeUpHardware().target().model()), devices);
  }

  private static List<String> fields(JsonNode record) {
    List<String> names = new ArrayList<>();
    record.fieldNames().forEachRemaining(names::add);
    return names;
  }

  @Test
  void write_intoNoFolder_isRefused() {
    Path file = folder.resolve("none").resolve("figures.json");
    UserError error = assertThrows(UserError.class, () -> figures().write(file));
    assertEquals(true, error.getMessage().contains(file.toString()), error.getMessage());
  }

  private static Figures figures() {
    return new Figures("bench cpu", "scripts/tessera bench cpu", new MadeUpHardware().target());
  }
}
