package tessera.job.madeup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import tessera.job.Tessera;
import tessera.job.records.RunFolder;
import tessera.job.spark.Sessions;
import tessera.storage.DiskFiles;
import tessera.storage.Place;

/** Runs that begin with what a run of another workload measured on the made-up device. */
@Tag("thorough")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class WarmTuneTest {
  @TempDir private static Path folder;

  private static Path former;

  private record Ran(int code, String output) {}

  @BeforeAll
  static void tuneBefore() throws IOException {
    System.setProperty(PretendProvider.PROPERTY, "4");
    Ran tuned = tune("before", "projection", 40, "--out", folder.resolve("first").toString());
    assertEquals(0, tuned.code, tuned.output);
    former = only(folder.resolve("first/runs"));
  }

  private static Path only(Path folder) throws IOException {
    try (Stream<Path> inside = Files.list(folder)) {
      return inside.findFirst().orElseThrow();
    }
  }

  private static Ran tune(String name, String operator, int channels, String... options)
      throws IOException {
    String extents =
        operator.equals("projection")
            ? "{batch: 3, position: T, feature: 24, channel: " + channels + "}"
            : "{m: 3 * T, n: " + channels + ", k: 24}";
    Path file =
        Files.writeString(
            folder.resolve(name + ".yaml"),
            "operator: "
                + operator
                + "\ntarget: made-up\nextents: "
                + extents
                + "\nvariables:\n  T: {from: 1, to: 9}\nsamples: 3\nbudget: {effort: quick, trials: 8, seconds: 90}\n");
    return run(
        Stream.concat(Stream.of("tune", file.toString()), Stream.of(options))
            .toArray(String[]::new));
  }

  private static Ran run(String... arguments) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = System.out;
    PrintStream err = System.err;
    try (PrintStream both = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      System.setOut(both);
      System.setErr(both);
      return new Ran(Tessera.execute(arguments), bytes.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  private record Logged(String kernel, String formerRun) {}

  private static List<Logged> trials(Path run) throws IOException {
    try (SparkSession spark = Sessions.start()) {
      List<Row> rows =
          spark
              .read()
              .parquet(run.resolve("trials").toString())
              .orderBy("round", "index")
              .select("kernel", "former_run")
              .collectAsList();
      return rows.stream().map(row -> new Logged(row.getString(0), row.getString(1))).toList();
    }
  }

  @Test
  @Order(1)
  void tune_warm_measuresFormerMicroKernelsFirstAndSaysSoInTheLog() throws IOException {
    String out = folder.resolve("second").toString();
    Ran warm =
        tune(
            "after",
            "projection",
            56,
            "--out",
            out,
            "--warm-from",
            folder.resolve("first").toString());
    assertEquals(0, warm.code, warm.output);
    String name = former.getFileName().toString();
    assertTrue(warm.output.contains("warm start from " + name + " on Pretend 3000"), warm.output);
    Path run = only(folder.resolve("second/runs"));
    List<Logged> trials = trials(run);
    List<Logged> before = trials(former);
    assertEquals(name, trials.get(0).formerRun(), trials.toString());
    Set<String> measured = new HashSet<>(before.stream().map(Logged::kernel).toList());
    assertTrue(measured.contains(trials.get(0).kernel()), trials + " and " + before);
    assertTrue(before.stream().allMatch(trial -> trial.formerRun().isEmpty()), "a cold run");
    RunFolder.Settings settings = RunFolder.open(Place.of("."), run.toString()).settings();
    assertEquals(List.of(folder.resolve("first").toString()), settings.warmFrom());
    assertEquals(0, run("tune", "--resume", run.toString()).code);
    Ran refused = run("tune", "--resume", run.toString(), "--warm-from", former.toString());
    assertEquals(2, refused.code);
    assertTrue(refused.output.contains("leave --warm-from out"), refused.output);
  }

  @Test
  @Order(2)
  void tune_warmFromWhatDoesNotFit_endsInOneSentence() throws IOException {
    String out = folder.resolve("third").toString();
    String nothing = folder.resolve("nothing").toString();
    assertRefusal(
        tune("after", "projection", 56, "--out", out, "--warm-from", nothing),
        nothing
            + " is no folder that exists; give a run's folder, a bundle's, or one"
            + " with runs and bundles, as tune writes them");
    assertRefusal(
        tune(
            "after",
            "projection",
            56,
            "--out",
            out,
            "--strategy",
            "random",
            "--warm-from",
            former.toString()),
        "--strategy random begins with nothing; leave --warm-from or --strategy out");
    Ran refused =
        tune(
            "dense",
            "dense",
            56,
            "--out",
            out,
            "--warm-from",
            former.toString(),
            "--warm-from",
            "../notebooks/runs/bert-dense-20261129-160126-911",
            "--warm-from",
            changed("newer", "\"schemaVersion\" : \\d+", "\"schemaVersion\" : 99"),
            "--warm-from",
            changed("damaged", "\\{", ""));
    assertRefusal(refused, "nothing to begin with was found for workload 'dense' on Pretend 3000");
    assertRefusal(
        refused, former.getFileName() + " is left out: its operator is projection, not dense");
    assertRefusal(refused, "it was measured on AMD EPYC, of the back end cpu, not made-up");
    assertRefusal(refused, "was written by a newer Tessera");
    assertRefusal(refused, "run.json is unreadable: it is damaged");
    assertFalse(Files.exists(folder.resolve("third/runs")), "a run was made");
  }

  private static void assertRefusal(Ran ran, String sentence) {
    assertEquals(2, ran.code, ran.output);
    assertTrue(ran.output.contains(sentence), ran.output);
    assertFalse(ran.output.contains("\tat "), ran.output);
  }

  /** A copy of the former run whose settings have something else in place of a pattern. */
  private static String changed(String name, String pattern, String by) throws IOException {
    Path copy = copy(former, folder.resolve(name + "/runs/" + name));
    Path settings = copy.resolve("run.json");
    Files.writeString(settings, Files.readString(settings).replaceFirst(pattern, by));
    return copy.toString();
  }

  private static Path copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Path target = to.resolve(from.relativize(file).toString());
        if (Files.isSymbolicLink(file)) {
          Files.createSymbolicLink(target, Files.readSymbolicLink(file));
        } else if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
    return to;
  }

  @Test
  @Order(3)
  void tune_warmFromAnInterruptedRunAndADamagedOne_usesWhatThereIs() throws IOException {
    Path root = folder.resolve("parts");
    Path whole = copy(former, root.resolve("runs/interrupted"));
    DiskFiles.delete(whole.resolve("rounds/round=0001"));
    Path damaged = copy(former, root.resolve("runs/damaged"));
    try (Stream<Path> files = Files.list(damaged.resolve("trials/round=0000"))) {
      for (Path file : files.filter(part -> part.toString().endsWith(".parquet")).toList()) {
        Files.write(file, new byte[50]);
      }
    }
    Path empty = copy(former, root.resolve("runs/empty"));
    DiskFiles.delete(empty.resolve("trials"));
    Path bundle = only(folder.resolve("first/bundles"));
    copy(bundle, folder.resolve("alone/bundles/before"));
    Ran warm =
        tune(
            "after",
            "projection",
            56,
            "--out",
            folder.resolve("fourth").toString(),
            "--warm-from",
            root.toString(),
            "--warm-from",
            folder.resolve("alone").toString());
    assertEquals(0, warm.code, warm.output);
    assertTrue(warm.output.contains("warm start from interrupted on Pretend 3000"), warm.output);
    assertTrue(warm.output.contains("damaged is left out: "), warm.output);
    assertTrue(warm.output.contains("empty is left out: it has no finished round"), warm.output);
    assertTrue(warm.output.contains("its log is not there, only its bundle"), warm.output);
  }
}
