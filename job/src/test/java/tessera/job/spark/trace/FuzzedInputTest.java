package tessera.job.spark.trace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.UserError;
import tessera.backend.Backends;
import tessera.job.spark.Sessions;
import tessera.storage.Place;
import tessera.workload.Workload;
import tessera.workload.WorkloadFile;
import tessera.workload.trace.TraceReader;

/** Shipped workload files and traces, damaged at random: read, or refused by one sentence. */
final class FuzzedInputTest {
  private static final int WORKLOADS = 465;
  private static final int TRACES = 35;
  private static final List<String> EXTREMES =
      List.of(
          "0",
          "-1",
          "1",
          "7.5",
          "1e400",
          "1e-400",
          ".inf",
          "NaN",
          "0x10",
          "010",
          "1_000",
          "99999999999999",
          "9223372036854775807",
          "99999999999999999999",
          "''",
          "~",
          "T",
          "true");
  private static final List<String> OTHER_TYPES =
      List.of("[1, 2]", "{a: 1}", "text", "12", "''", "&x [*x]");

  private static SparkSession spark;
  private static TraceReader reader;

  @TempDir private static Path folder;

  @BeforeAll
  static void start() throws IOException {
    spark = Sessions.start();
    reader = remembering(new SparkTraceReader(spark));
    try (Stream<Path> files = Files.walk(Path.of("../conf"))) {
      for (Path file : files.toList()) {
        Path copy = folder.resolve(Path.of("../conf").relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(file, copy);
        }
      }
    }
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  /** Most damaged workload files name the same trace. */
  private static TraceReader remembering(TraceReader traces) {
    Map<List<Object>, Map<List<Long>, Double>> known = new HashMap<>();
    return new TraceReader() {
      @Override
      public List<String> columns(Place file) {
        return traces.columns(file);
      }

      @Override
      public Map<List<Long>, Double> read(
          Place file, List<String> columns, Optional<String> count) {
        return known.computeIfAbsent(
            List.of(file.absolute(), columns, count), key -> traces.read(file, columns, count));
      }
    };
  }

  @Test
  void workloads_damaged_areReadOrRefused() throws IOException {
    List<Path> files;
    try (Stream<Path> all = Files.walk(folder.resolve("workloads"))) {
      files = all.filter(Files::isRegularFile).sorted().toList();
    }
    int refused = 0;
    for (int seed = 0; seed < WORKLOADS; seed++) {
      Random random = new Random(seed);
      Path file = files.get(random.nextInt(files.size()));
      byte[] damaged = damaged(Files.readAllBytes(file), random);
      Path copy = Files.write(file.resolveSibling("damaged.yaml"), damaged);
      String what = "workload, seed " + seed + ", " + file;
      refused += isRefused(what, damaged, () -> readWhole(copy)) ? 1 : 0;
    }
    assertBoth(refused, WORKLOADS);
  }

  private static void readWhole(Path file) {
    Workload workload = WorkloadFile.read(Place.of(file), reader, Backends.all()).workload();
    assertEquals(workload.instances().size(), workload.shapes(workload.instances()).size());
    assertEquals(
        1, workload.sampled().stream().mapToDouble(instance -> instance.weight()).sum(), 1e-6);
  }

  @Test
  void traces_damaged_areReadOrRefused() throws IOException {
    Path trace = folder.resolve("traces/azure-llm-2023-conv.csv");
    String csv = String.join("\n", Files.readAllLines(trace).subList(0, 20)) + "\n";
    spark
        .sql("select * from values (24L, 10D), (12L, 4D) as t(ContextTokens, Requests)")
        .coalesce(1)
        .write()
        .parquet(folder.resolve("table").toString());
    byte[] parquet;
    try (Stream<Path> files = Files.list(folder.resolve("table"))) {
      parquet =
          Files.readAllBytes(files.filter(f -> f.toString().endsWith("parquet")).findFirst().get());
    }
    SparkTraceReader traces = new SparkTraceReader(spark);
    int refused = 0;
    for (int seed = 0; seed < TRACES; seed++) {
      Random random = new Random(seed);
      boolean text = seed % 3 > 0;
      byte[] damaged =
          text ? damaged(csv.getBytes(StandardCharsets.UTF_8), random) : flipped(parquet, random);
      Path copy = folder.resolve("damaged" + seed + (text ? ".csv" : ".parquet"));
      Files.write(copy, damaged);
      Runnable reading =
          () ->
              assertTrue(
                  !traces.read(Place.of(copy), "ContextTokens", Optional.of("Requests")).isEmpty());
      byte[] shown = text ? damaged : new byte[0];
      refused += isRefused("trace, seed " + seed, shown, reading) ? 1 : 0;
    }
    assertBoth(refused, TRACES);
  }

  private static void assertBoth(int refused, int all) {
    assertTrue(refused > all / 10 && refused < all - all / 10, refused + " of " + all + " refused");
  }

  private static boolean isRefused(String what, byte[] damaged, Runnable reading) {
    String shown = what + ":\n" + new String(damaged, StandardCharsets.UTF_8);
    try {
      reading.run();
      return false;
    } catch (UserError e) {
      String message = e.getMessage();
      assertTrue(message.chars().noneMatch(Character::isISOControl), message + "\n" + shown);
      assertTrue(
          !message.matches(".*(Exception|Error|java\\.|spark\\.).*"), message + "\n" + shown);
      assertTrue(message.matches(".*(; [a-z]| must | allowed here: ).+"), message + "\n" + shown);
      return true;
    } catch (RuntimeException | AssertionError | StackOverflowError e) {
      throw new AssertionError(shown, e);
    }
  }

  private static byte[] damaged(byte[] bytes, Random random) {
    byte[] damaged = bytes;
    for (int times = 1 + random.nextInt(2); times > 0; times--) {
      damaged = random.nextInt(5) == 0 ? flipped(damaged, random) : rewritten(damaged, random);
    }
    return damaged;
  }

  private static byte[] flipped(byte[] bytes, Random random) {
    byte[] flipped = bytes.clone();
    for (int times = 1 + random.nextInt(3); times > 0; times--) {
      flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return flipped;
  }

  private static byte[] rewritten(byte[] bytes, Random random) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    List<UnaryOperator<String>> ways =
        List.of(
            all -> withLines(all, random),
            all -> replaced(all, "\\b\\d+\\b", random, EXTREMES),
            all -> replaced(all, "\\b[A-Za-z]+\\b", random, List.of("nme", "T", "m", "é", "x-y")),
            all -> replaced(all, "(?<=[:,] )[^\n]+", random, OTHER_TYPES));
    return ways.get(random.nextInt(ways.size())).apply(text).getBytes(StandardCharsets.UTF_8);
  }

  /** A line dropped, given twice, or exchanged with another. */
  private static String withLines(String text, Random random) {
    List<String> lines = new ArrayList<>(List.of(text.split("\n")));
    int at = random.nextInt(lines.size());
    switch (random.nextInt(3)) {
      case 0 -> lines.remove(at);
      case 1 -> lines.add(at, lines.get(at));
      default -> Collections.swap(lines, at, random.nextInt(lines.size()));
    }
    return String.join("\n", lines) + "\n";
  }

  /** One match of a pattern replaced by one of the texts. */
  private static String replaced(String text, String pattern, Random random, List<String> texts) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    List<int[]> found = new ArrayList<>();
    while (matcher.find()) {
      found.add(new int[] {matcher.start(), matcher.end()});
    }
    if (found.isEmpty()) {
      return text;
    }
    int[] one = found.get(random.nextInt(found.size()));
    String by = texts.get(random.nextInt(texts.size()));
    return text.substring(0, one[0]) + by + text.substring(one[1]);
  }
}
