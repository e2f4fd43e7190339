package tessera.job.spark.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tessera.UserError;
import tessera.job.spark.Sessions;
import tessera.storage.Place;

/** Traces in CSV; {@link ParquetTraceTest} has the others. */
final class SparkTraceReaderTest {
  private static SparkSession spark;
  private static SparkTraceReader reader;

  @TempDir private Path folder;

  @BeforeAll
  static void start() {
    spark = Sessions.start();
    reader = new SparkTraceReader(spark);
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  private Map<Long, Double> read(String text) throws IOException {
    return read("t.csv", text, "Tokens", Optional.of("Requests"));
  }

  private Map<Long, Double> read(String name, String text, String column, Optional<String> count)
      throws IOException {
    return reader.read(Place.of(Files.writeString(folder.resolve(name), text)), column, count);
  }

  private void assertRefused(String text, String sentence) {
    UserError error = assertThrows(UserError.class, () -> read(text));
    assertEquals("the trace " + folder.resolve("t.csv") + " " + sentence, error.getMessage());
  }

  @Test
  void read_rowsOfOneValue_addsTheirCounts() throws IOException {
    assertEquals(Map.of(24L, 12.5, 12L, 4.0), read("Tokens,Requests\n24,10\n12,4\n24,2.5\n"));
    assertEquals(
        Map.of(24L, 2.0, 12L, 1.0),
        read("t.csv", "Tokens,Requests\n24,10\n12,4\n24,2.5\n", "Tokens", Optional.empty()));
  }

  @Test
  void read_severalColumns_countsTheirValuesTogether() throws IOException {
    Place file =
        Place.of(
            Files.writeString(
                folder.resolve("joint.csv"), "M,calls,K\n1,2,7\n1,3,8\n2,1,7\n1,0.5,7\n"));
    assertEquals(List.of("M", "calls", "K"), reader.columns(file));
    assertEquals(
        Map.of(List.of(7L, 1L), 2.5, List.of(8L, 1L), 3.0, List.of(7L, 2L), 1.0),
        reader.read(file, List.of("K", "M"), Optional.of("calls")));
    Files.writeString(folder.resolve("joint.csv"), "M,K\n1,7\n2,-8\n");
    UserError error =
        assertThrows(UserError.class, () -> reader.read(file, List.of("M", "K"), Optional.empty()));
    assertEquals(
        "the trace "
            + file
            + " has '-8' in column 'K' on line 3, where a whole number from 1 to 1000000000000000"
            + " must stand; mend or remove it",
        error.getMessage());
  }

  @Test
  void read_wholeNumber_isTakenHoweverItIsWritten() throws IOException {
    List<String> written =
        List.of("24", "24.0", " 24 ", "\"24\"", "24.", "+24", "2.4E1", "024", "240e-1", "24.00");
    assertEquals(
        Map.of(24L, 1.0 * written.size()),
        read("Tokens,Requests\n" + String.join(",1\n", written) + ",1\n"));
  }

  @Test
  void read_largeNumber_isExact() throws IOException {
    assertEquals(
        Map.of(1_000_000_000_000_000L, 2.0, 999_999_999_999_999L, 1.0, 10_000_000L, 1.0),
        read("Tokens,Requests\n1000000000000000,1\n1e15,1\n999999999999999.0,1\n1.0E7,1\n"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "24.7",
        "0",
        "1000000000000001",
        "1e400",
        "NaN",
        "24d",
        "0x18",
        "2023-11-16 18:17:03"
      })
  void read_noWholeNumber_isRefusedByItsLine(String cell) {
    assertRefused(
        "Tokens,Requests\n12,1\n" + cell + ",1\n",
        "has '"
            + cell
            + "' in column 'Tokens' on line 3, where a whole number from 1 to 1000000000000000 must stand; mend or remove it");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-3", "abc", "NaN", "Infinity", "1e400", "0x1p3"})
  void read_badCount_isRefusedByItsLineThoughTheSumIsGood(String cell) {
    assertRefused(
        "Tokens,Requests\n24,10\n24," + cell + "\n24,5\n",
        "has '"
            + cell
            + "' in column 'Requests' on line 3, where a finite count of 0 or more must stand; mend or remove it");
  }

  @ParameterizedTest
  @CsvSource({"',10', Tokens", "'\"\",10', Tokens", "'24,', Requests", "'24,\"\"', Requests"})
  void read_emptyCell_isRefusedByItsLine(String line, String column) {
    UserError error =
        assertThrows(UserError.class, () -> read("Tokens,Requests\n24,10\n" + line + "\n"));
    assertTrue(
        error.getMessage().contains(" has no number in column '" + column + "' on line 3, where"),
        error.getMessage());
  }

  @Test
  void read_severalBadRows_namesTheFirst() {
    UserError error =
        assertThrows(UserError.class, () -> read("Tokens,Requests\n24,1\n\n24,-1\n7.5,1\n24,-1\n"));
    assertTrue(
        error.getMessage().contains("'-1' in column 'Requests' on line 4,"), error.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"24,10,9", "24"})
  void read_lineOfOtherLengthThanTheHeader_isRefused(String line) {
    assertRefused(
        "Tokens,Requests\n24,1\n" + line + "\n",
        "has more or fewer cells than its header on line 3; give every line 2 cells");
  }

  @Test
  void read_totalOfZeroOrTooMuch_isRefused() {
    assertRefused(
        "Tokens,Requests\n24,0\n12,0\n",
        "has no count above 0 in column 'Requests'; name the column that says how often a row occurred");
    assertRefused(
        "Tokens,Requests\n24,1e308\n12,1e308\n",
        "has counts in column 'Requests' whose sum is too large for a float64; divide them by their greatest");
  }

  @Test
  void read_noRows_isRefused() {
    assertRefused("Tokens,Requests\n", "has no rows; give one that has");
    assertRefused("", "is empty; give one with a header line and rows");
    assertRefused("\n \n", "is empty; give one with a header line and rows");
  }

  @Test
  void read_header_mayHoldAMarkAndQuotesAndSpaces() throws IOException {
    assertEquals(Map.of(24L, 10.0), read("\ufeff\"Tokens\", Requests\r\n24, 10\r\n"));
    assertEquals(Map.of(24L, 10.0), read("\n\nTokens,\"Requests\"\n\n24,10\n\n"));
  }

  @Test
  void read_strangeNames_areFound() throws IOException {
    List<String> names =
        List.of(
            "a.b", "a`b", "a b", "tokens", "Größe", "a\"b", "a,b", "_metadata", "line", "c1", "'");
    String header =
        names.stream()
            .map(name -> "\"" + name.replace("\"", "\"\"") + "\"")
            .collect(Collectors.joining(","));
    String cells =
        IntStream.range(0, names.size())
            .mapToObj(i -> "" + (i + 1))
            .collect(Collectors.joining(","));
    for (String name : names) {
      assertEquals(
          Map.of(names.indexOf(name) + 1L, 4.0),
          read("t.csv", header + "\n" + cells + "\n", name, Optional.of("tokens")));
    }
  }

  @Test
  void read_nameTwiceOrMissing_isRefused() {
    assertRefused("Tokens,Requests,Tokens\n24,1,2\n", "has 2 columns 'Tokens'; rename all but one");
    assertRefused("tokens;Requests\n24;1\n", "has no column 'Tokens'; it has 'tokens;Requests'");
  }

  @Test
  void read_strangeFileNames_areFound() throws IOException {
    for (String name : List.of("a b%20c#.csv", "a[1]{x,y}*?^.csv", "t")) {
      assertEquals(
          Map.of(24L, 10.0),
          read(name, "Tokens,Requests\n24,10\n", "Tokens", Optional.of("Requests")));
    }
  }

  @Test
  void read_compressed_isReadAndBadLinesAreFound() throws IOException {
    Path file = folder.resolve("t.csv.gz");
    try (OutputStream bytes = new GZIPOutputStream(Files.newOutputStream(file))) {
      bytes.write("Tokens,Requests\n24,10\n".getBytes(StandardCharsets.UTF_8));
    }
    assertEquals(Map.of(24L, 10.0), reader.read(Place.of(file), "Tokens", Optional.of("Requests")));
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 0x55;
    Files.write(file, bytes);
    UserError error =
        assertThrows(
            UserError.class, () -> reader.read(Place.of(file), "Tokens", Optional.of("Requests")));
    assertTrue(error.getMessage().contains("cannot be read ("), error.getMessage());
  }

  @Test
  void read_manyLines_findsTheBadOneBehindThem() {
    String good = "24,10\n".repeat(300_000);
    assertRefused(
        "Tokens,Requests\n" + good + "24,x\n" + good,
        "has 'x' in column 'Requests' on line 300002, where a finite count of 0 or more must stand; mend or remove it");
  }

  @Test
  void read_filesThatSparkCannotRead_areRefused() throws IOException {
    assertFileRefused(
        "_t.csv", "has a name that Spark takes for hidden; rename it to start with a letter");
    assertFileRefused("a:b.csv", "has ':' in its name, which Spark cannot read; rename it");
    assertFileRefused(
        "t.parquet", "is not Parquet though its name says so; write it again or rename it");
  }

  private void assertFileRefused(String name, String sentence) {
    UserError error =
        assertThrows(UserError.class, () -> read(name, "Tokens\n24\n", "Tokens", Optional.empty()));
    assertEquals("the trace " + folder.resolve(name) + " " + sentence, error.getMessage());
  }
}
