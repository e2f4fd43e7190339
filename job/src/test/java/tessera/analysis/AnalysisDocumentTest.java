package tessera.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tessera.Python;
import tessera.analysis.figures.Comparison;
import tessera.analysis.figures.DispatchMap;
import tessera.analysis.figures.Drift;
import tessera.analysis.figures.Known;
import tessera.job.spark.tables.RunTables;
import tessera.storage.Place;

/** {@code docs/analysis.md} against the schemas of tables and the records behind the JSON. */
final class AnalysisDocumentTest {
  private static final Path DOCUMENT = Path.of("../docs/analysis.md");
  private static final Pattern ROW =
      Pattern.compile("\\| `([^`]+)` +\\| ([^|]+?) +\\| *([^ |][^|]*)\\|");

  /** A named thing with its type, as a row of the document has them. */
  private record Entry(String name, String type) {}

  private static List<String> section(String title) throws IOException {
    List<String> lines = Files.readAllLines(DOCUMENT);
    int begin = lines.indexOf("### " + title);
    assertTrue(begin >= 0, "there is no section on " + title);
    return lines.subList(begin + 1, lines.size()).stream()
        .takeWhile(line -> !line.startsWith("#"))
        .toList();
  }

  private static List<Entry> documented(String title) throws IOException {
    List<Entry> entries = new ArrayList<>();
    for (String line : section("`" + title + "`")) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        entries.add(new Entry(row.group(1), row.group(2)));
      }
    }
    return entries;
  }

  static Stream<Arguments> tables() {
    return Stream.of(
        Arguments.of("trials", RunTables.TRIALS),
        Arguments.of("rounds", RunTables.ROUNDS),
        Arguments.of("contest", RunTables.CONTEST),
        Arguments.of("timings", RunTables.TIMINGS));
  }

  @ParameterizedTest
  @MethodSource("tables")
  void table_isDocumentedColumnByColumn(String name, StructType schema) throws IOException {
    List<Entry> columns = new ArrayList<>();
    add(columns, "", schema);
    assertEquals(columns, documented(name));
  }

  private static void add(List<Entry> columns, String within, StructType schema) {
    for (StructField field : schema.fields()) {
      String name = within + field.name();
      if (field.dataType() instanceof ArrayType array
          && array.elementType() instanceof StructType inner) {
        columns.add(new Entry(name, "array of rows"));
        add(columns, name + "[].", inner);
      } else {
        columns.add(new Entry(name, field.dataType().simpleString().replace(",", ", ")));
      }
    }
  }

  static Stream<Arguments> forms() {
    return Stream.of(
        Arguments.of("inspection", Inspection.class),
        Arguments.of("dispatch", DispatchMap.Choice.class),
        Arguments.of("comparison", Comparison.class),
        Arguments.of("drift", Drift.class));
  }

  @ParameterizedTest
  @MethodSource("forms")
  void form_isDocumentedFieldByField(String kind, Class<?> type) throws IOException {
    List<Entry> fields = new ArrayList<>();
    add(fields, "", type, "");
    assertEquals(fields, documented(kind));
  }

  private static void add(List<Entry> fields, String name, Type type, String unknown) {
    Class<?> plain = raw(type);
    if (plain == Known.class) {
      add(fields, name, argument(type), " or null");
    } else if (plain == List.class) {
      if (raw(argument(type)).isRecord()) {
        fields.add(new Entry(name, "list" + unknown));
        add(fields, name + "[]", argument(type), "");
      } else {
        fields.add(new Entry(name, "list of " + word(raw(argument(type))) + "s" + unknown));
      }
    } else if (plain.isRecord()) {
      if (!name.isEmpty() && !name.endsWith("[]")) {
        fields.add(new Entry(name, "object" + unknown));
      }
      for (RecordComponent component : plain.getRecordComponents()) {
        String inner = name.isEmpty() ? component.getName() : name + "." + component.getName();
        add(fields, inner, component.getGenericType(), "");
      }
    } else {
      fields.add(new Entry(name, word(plain) + unknown));
    }
  }

  private static Class<?> raw(Type type) {
    return (Class<?>) (type instanceof ParameterizedType some ? some.getRawType() : type);
  }

  private static Type argument(Type type) {
    return ((ParameterizedType) type).getActualTypeArguments()[0];
  }

  private static String word(Class<?> type) {
    if (type == String.class || type.isEnum()) {
      return "text";
    }
    if (type == Map.class) {
      return "object";
    }
    return type == boolean.class || type == Boolean.class ? "boolean" : "number";
  }

  /** A bundle's table and a run's, as the document's lines name them. */
  @ParameterizedTest
  @ValueSource(strings = {"pandas", "polars", "DuckDB"})
  void linesOfPython_openTheTables(String library, @TempDir Path folder)
      throws IOException, InterruptedException {
    String lines = String.join("\n", python(library));
    String module = library.toLowerCase(Locale.ROOT);
    String modules = module.equals("pandas") ? "pandas, pyarrow" : module;
    Python.Ended found = Python.run(List.of("-c", "import " + modules));
    Assumptions.assumeTrue(found.code() == 0, "this python3 does not have all of " + modules);
    Place bundle =
        new MadeUpBundle().timed(2, 1, 1, 0, 0).trained(2, 1, 3).publish(Place.of(folder));
    String program =
        "import os\nos.chdir('"
            + Path.of("src/test/resources/former").toAbsolutePath()
            + "')\n"
            + lines.replace("out/runs/RUN", "cuda-run").replace("BUNDLE", bundle.toString())
            + "\nprint(len(trials), len(timings))\n";
    Python.Ended ended = Python.run(List.of("-c", program));
    assertEquals("96 2", ended.output().strip());
  }

  private static List<String> python(String library) throws IOException {
    return section(library).stream()
        .filter(line -> line.startsWith("    "))
        .map(String::strip)
        .toList();
  }

  @Test
  void libraries_haveThreeLinesEach() throws IOException {
    for (String library : List.of("pandas", "polars", "DuckDB")) {
      assertEquals(3, python(library).size(), library);
    }
  }
}
