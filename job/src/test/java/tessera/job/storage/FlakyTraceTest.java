package tessera.job.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.UserError;
import tessera.job.spark.Sessions;
import tessera.job.spark.trace.SparkTraceReader;
import tessera.storage.Place;

/** Traces in storage where every third call fails, also those that Spark's own readers make. */
final class FlakyTraceTest {
  private static final String SETTING = "spark.hadoop.fs.ofs.impl";

  private static SparkSession spark;

  @TempDir private Path folder;

  @BeforeAll
  static void start() {
    System.setProperty(SETTING, FlakyFileSystem.class.getName());
    spark = Sessions.start();
  }

  @AfterAll
  static void stop() {
    spark.stop();
    System.clearProperty(SETTING);
  }

  private static Map<Long, Double> read(Path trace) {
    return new SparkTraceReader(spark).read(Place.of("ofs:" + trace), "T", Optional.of("n"));
  }

  private static Map<Long, Double> histogram() {
    Map<Long, Double> counts = new TreeMap<>();
    new SplittableRandom().longs(20, 1, 1000).forEach(t -> counts.merge(t, 1.0 + t, Double::sum));
    return counts;
  }

  @Test
  void read_csv_isWhole() throws IOException {
    Map<Long, Double> counts = histogram();
    String rows =
        counts.entrySet().stream()
            .map(row -> row.getKey() + "," + row.getValue() + "\n")
            .collect(Collectors.joining());
    Path trace = Files.writeString(folder.resolve("trace.csv"), "T,n\n" + rows);
    for (int i = 0; i < 3; i++) {
      assertEquals(counts, read(trace));
    }
  }

  @Test
  void read_csvWithABadRow_namesItsLine() throws IOException {
    Path trace = Files.writeString(folder.resolve("trace.csv"), "T,n\n1,2\n\n3,many\n");
    for (int i = 0; i < 3; i++) {
      String said = assertThrows(UserError.class, () -> read(trace)).getMessage();
      assertEquals(
          "the trace ofs:"
              + trace
              + " has 'many' in column 'n' on line 4, where a finite count of 0 or more must stand; mend or remove it",
          said);
    }
  }

  @Test
  void read_parquet_isWhole() {
    Map<Long, Double> counts = histogram();
    String rows =
        counts.entrySet().stream()
            .map(row -> "(" + row.getKey() + "L, " + row.getValue() + "D)")
            .collect(Collectors.joining(", "));
    Path trace = folder.resolve("table");
    spark.sql("select * from values " + rows + " as t(T, n)").write().parquet(trace.toString());
    for (int i = 0; i < 3; i++) {
      assertEquals(counts, read(trace));
    }
  }
}
