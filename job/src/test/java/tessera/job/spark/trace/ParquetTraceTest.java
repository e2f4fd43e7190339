package tessera.job.spark.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructField;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tessera.UserError;
import tessera.job.spark.Sessions;
import tessera.storage.Place;

/** Traces in Parquet, whose columns have types. */
final class ParquetTraceTest {
  /** A column of every type, named after it. */
  private static final Map<String, String> NUMBERS =
      Map.of(
          "tinyint", "24Y",
          "smallint", "24S",
          "int", "24",
          "bigint", "24L",
          "float", "float(24)",
          "double", "24D",
          "decimal", "cast(24 as decimal(38, 2))",
          "string", "'24'",
          "char", "cast('24' as char(4))",
          "varchar", "cast('24' as varchar(4))");

  private static final Map<String, String> OTHERS =
      Map.ofEntries(
          Map.entry("boolean", "true"),
          Map.entry("binary", "X'18'"),
          Map.entry("date", "date'2023-11-16'"),
          Map.entry("timestamp", "timestamp'2023-11-16 18:17:03'"),
          Map.entry("timestamp_ntz", "timestamp_ntz'2023-11-16 18:17:03'"),
          Map.entry("time(6)", "time'18:17:03'"),
          Map.entry("interval year", "interval 2 years"),
          Map.entry("interval day to second", "interval 2 days 3 seconds"),
          Map.entry("struct<a:int>", "named_struct('a', 24)"),
          Map.entry("array<int>", "array(24)"),
          Map.entry("map<string,int>", "map('a', 24)"),
          Map.entry("variant", "parse_json('24')"));

  /** Types of Spark that no Parquet file holds, or that come back from it as strings. */
  private static final Set<String> NEVER_READ =
      Set.of(
          "CalendarIntervalType",
          "CharType",
          "GeographyType",
          "GeometryType",
          "NullType",
          "ObjectType",
          "PythonUserDefinedType",
          "VarcharType");

  private static SparkSession spark;
  private static SparkTraceReader reader;
  @TempDir private static Path shared;
  private static Path every;

  @TempDir private Path folder;

  @BeforeAll
  static void start() {
    spark = Sessions.start();
    reader = new SparkTraceReader(spark);
    every = shared.resolve("every.parquet");
    String columns =
        Stream.of(NUMBERS, OTHERS)
            .flatMap(types -> types.entrySet().stream())
            .map(type -> type.getValue() + " as `" + type.getKey() + "`")
            .collect(Collectors.joining(", "));
    spark.conf().set("spark.sql.timeType.enabled", "true");
    spark.sql("select " + columns).write().parquet(every.toString());
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  @Test
  void everyType_isInTheTable() {
    Set<String> types =
        new ClassFileImporter()
            .importPackages("org.apache.spark.sql.types").stream()
                .filter(type -> type.isAssignableTo(DataType.class))
                .filter(type -> !type.getModifiers().contains(JavaModifier.ABSTRACT))
                .map(type -> type.getSimpleName().replace("$", ""))
                .filter(name -> !name.isEmpty())
                .collect(Collectors.toCollection(TreeSet::new));
    Arrays.stream(spark.read().parquet(every.toString()).schema().fields())
        .map(StructField::dataType)
        .forEach(type -> types.remove(type.getClass().getSimpleName().replace("$", "")));
    assertEquals(NEVER_READ, types);
  }

  @Test
  void registration_isDemandedHere() {
    assertTrue(spark.sparkContext().conf().getBoolean("spark.kryo.registrationRequired", false));
  }

  @Test
  void read_numberOfAnyType_isTaken() {
    for (String type : NUMBERS.keySet()) {
      assertEquals(Map.of(24L, 24.0), reader.read(Place.of(every), type, Optional.of(type)), type);
    }
  }

  @Test
  void read_otherType_isRefusedByColumnAndType() {
    for (String type : OTHERS.keySet()) {
      String message =
          "the trace "
              + every
              + " has the type "
              + type
              + " in column '"
              + type
              + "', which holds no numbers; name another column or write it as integers";
      assertRefused(message, every, type, Optional.empty());
      assertRefused(message, every, "int", Optional.of(type));
    }
  }

  private static void assertRefused(
      String message, Path file, String column, Optional<String> count) {
    UserError error =
        assertThrows(UserError.class, () -> reader.read(Place.of(file), column, count));
    assertEquals(message, error.getMessage());
  }

  /** One file of the rows that a query gives. */
  private Path table(String query) throws IOException {
    Path table = folder.resolve("table");
    spark.sql(query).coalesce(1).write().parquet(table.toString());
    try (Stream<Path> files = Files.list(table)) {
      return files.filter(file -> file.toString().endsWith(".parquet")).findFirst().orElseThrow();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "double('24.7'), 24.7",
    "double('NaN'), NaN",
    "double('Infinity'), Infinity",
    "double('1e300'), 1.0E300",
    "float('24.5'), 24.5",
    "24.70BD, 24.70",
    "-24, -24",
    "0S, 0",
    "1000000000000001L, 1000000000000001",
    "1000000000000000000000000000000BD, 1000000000000000000000000000000",
  })
  void read_noWholeNumber_isRefusedByItsRow(String sql, String shown) throws IOException {
    Path file =
        table(
            "select * from values (cast(1 as " + typeOf(sql) + ")), (" + sql + ") as t(`Tokens`)");
    assertRefused(
        "the trace "
            + file
            + " has '"
            + shown
            + "' in column 'Tokens' in row 2, where a whole number from 1 to 1000000000000000 must stand; mend or remove it",
        file,
        "Tokens",
        Optional.empty());
  }

  private static String typeOf(String sql) {
    return spark.sql("select " + sql).schema().fields()[0].dataType().sql();
  }

  @Test
  void read_badCount_isRefusedByItsRow() throws IOException {
    Path file =
        table("select * from values (24, 10D), (24, double('NaN')), (24, null) as t(v, `a.b`)");
    assertRefused(
        "the trace "
            + file
            + " has 'NaN' in column 'a.b' in row 2, where a finite count of 0 or more must stand; mend or remove it",
        file,
        "v",
        Optional.of("a.b"));
  }

  @Test
  void read_nullInOneOfManyFiles_isNamedWithItsFile() {
    Path table = folder.resolve("many");
    Dataset<Row> rows = spark.range(1, 1001, 1, 3).selectExpr("if(id = 500, null, id) as v");
    rows.write().parquet(table.toString());
    UserError error =
        assertThrows(UserError.class, () -> reader.read(Place.of(table), "v", Optional.empty()));
    assertTrue(
        error.getMessage().matches(".* has no number in column 'v' in row 167 of part-00001-.*"),
        error.getMessage());
  }

  @Test
  void read_strangeNames_areFound() throws IOException {
    for (String name : List.of("a.b", "a``b", "a b", "_metadata", "row_index")) {
      Path file = table("select 24 as v, 7 as `" + name + "`");
      assertEquals(
          Map.of(7L, 24.0),
          reader.read(Place.of(file), name.replace("``", "`"), Optional.of("v")),
          name);
      org.apache.commons.io.FileUtils.deleteDirectory(file.getParent().toFile());
    }
  }

  @Test
  void read_folderWithoutFiles_saysSo() throws IOException {
    Path none = Files.createDirectory(folder.resolve("none"));
    Files.createFile(none.resolve("_SUCCESS"));
    UserError error =
        assertThrows(UserError.class, () -> reader.read(Place.of(none), "v", Optional.empty()));
    assertEquals(
        "the trace " + none + " is a folder without files; give one with Parquet files",
        error.getMessage());
  }

  @Test
  void read_damagedFile_isRefused() throws IOException {
    Path file = table("select 24 as v");
    byte[] bytes = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(bytes, bytes.length - 9));
    UserError error =
        assertThrows(UserError.class, () -> reader.read(Place.of(file), "v", Optional.empty()));
    assertTrue(error.getMessage().contains("cannot be read ("), error.getMessage());
  }

  @Test
  void read_tenMillionRows_givesTheirHistogram() {
    Path file = folder.resolve("many.parquet");
    spark
        .range(0, 10_000_000, 1, 2)
        .selectExpr("1 + pmod(id * id, 97) AS T")
        .write()
        .parquet(file.toString());
    SortedMap<Long, Double> histogram = reader.read(Place.of(file), "T", Optional.empty());
    long[] counts = new long[98];
    for (long id = 0; id < 10_000_000; id++) {
      counts[(int) (1 + id * id % 97)]++;
    }
    SortedMap<Long, Double> expected = new TreeMap<>();
    for (long value = 1; value < counts.length; value++) {
      if (counts[(int) value] > 0) {
        expected.put(value, (double) counts[(int) value]);
      }
    }
    assertEquals(expected, histogram);
  }
}
