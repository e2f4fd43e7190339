package tessera.job.madeup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.Json;
import tessera.job.Tessera;
import tessera.job.records.RunResult;
import tessera.job.spark.Sessions;
import tessera.measure.DeviceLock;
import tessera.runtime.Bundle;
import tessera.runtime.BundleManifest;
import tessera.workload.MadeUpOperators;

/**
 * A back end and an operator that main code does not know, from a workload file to a bundle that is
 * checked.
 */
final class PretendTuneTest {
  private static final String WORKLOAD =
      """
      operator: projection
      target: made-up
      epilogue: bias
      extents: {batch: 3, position: T, feature: 24, channel: 40}
      variables:
        T: {from: 1, to: 9}
      samples: 3
      budget: {effort: quick, trials: 5, seconds: 60}
      """;

  @TempDir private Path folder;

  @BeforeAll
  static void plugIn() {
    System.setProperty(PretendProvider.PROPERTY, "4");
  }

  private record Ran(int code, String output) {}

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

  @Test
  void tune_ofAnOperatorForATargetThatMainCodeDoesNotKnow_publishesWhatVerifies()
      throws IOException {
    Path file = Files.writeString(folder.resolve("small.yaml"), WORKLOAD);
    String out = folder.resolve("out").toString();
    Ran tuned = run("tune", file.toString(), "--out", out);
    assertEquals(0, tuned.code, tuned.output);
    String first = "tuning small on Pretend 3000 with effort quick (5 trials, 60 s), run ";
    assertTrue(tuned.output.contains(first), tuned.output);
    Path bundle = bundle(tuned);
    BundleManifest manifest = Bundle.open(bundle).manifest();
    PretendTarget made = (PretendTarget) manifest.target();
    assertEquals(4, made.batteries());
    assertEquals(MadeUpOperators.PROJECTION, manifest.workload().anywhere().operator());
    assertEquals(
        List.of("tokens [3, T, 40]", "table [24, 40]", "bias [24]", "features [3, T, 24]"),
        manifest.workload().operands().stream().map(o -> o.name() + " " + o.shape()).toList());
    assertEquals(0, run("verify", bundle.toString()).code);
    assertTrue(run("inspect", bundle.toString()).output.contains("Pretend 3000 (made-up-4-"));
    String name = Files.list(Path.of(out, "runs")).findFirst().orElseThrow().toString();
    assertEquals(0, run("tune", "--resume", name).code);
    try (SparkSession spark = Sessions.start()) {
      Row trial =
          spark
              .read()
              .parquet(Path.of(name, "trials").toString())
              .filter("outcome = 'OK'")
              .select("resources", "timings")
              .first();
      assertEquals(Map.of("batteries", 4), trial.getJavaMap(0));
      Map<String, Long> extents = trial.<Row>getList(1).get(0).getJavaMap(0);
      assertEquals(Set.of("batch", "position", "feature", "channel"), extents.keySet());
      assertEquals(40, extents.get("channel"));
    }
  }

  /** Has the device until its input ends. */
  public static final class Rival {
    private Rival() {}

    public static void main(String[] arguments) throws IOException {
      try (DeviceLock lock = DeviceLock.acquire(arguments[0])) {
        System.out.println("held");
        System.in.read();
      }
    }
  }

  private Process rival(String device) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-D" + DeviceLock.PROPERTY + "=" + folder,
            "-cp",
            System.getProperty("java.class.path"),
            Rival.class.getName(),
            device)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /** Ends once a task has waited for its device for some time. */
  private static void endAfterAWait(Process rival) {
    while (Thread.getAllStackTraces().values().stream().noneMatch(PretendTuneTest::waits)) {
      sleep(20);
    }
    sleep(1000);
    rival.destroy();
  }

  private static boolean waits(StackTraceElement[] stack) {
    return List.of(stack).stream()
        .anyMatch(
            frame ->
                frame.getClassName().equals(DeviceLock.class.getName())
                    && frame.getMethodName().equals("first"));
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void tune_anotherProcessHasTheDevice_saysHowLongItWaited() throws Exception {
    Path file = Files.writeString(folder.resolve("small.yaml"), WORKLOAD);
    Path out = folder.resolve("out");
    System.setProperty(DeviceLock.PROPERTY, folder.toString());
    System.setProperty(PretendBackend.DEVICE, "pretend-0");
    Process rival = rival("pretend-0");
    try {
      assertEquals('h', rival.getInputStream().read());
      Thread ending = new Thread(() -> endAfterAWait(rival));
      ending.setDaemon(true);
      ending.start();
      Ran tuned = run("tune", file.toString(), "--out", out.toString());
      assertEquals(0, tuned.code, tuned.output);
      assertTrue(
          tuned.output.contains(" s of it for devices that other programs used, which the budget"),
          tuned.output);
    } finally {
      rival.destroy();
      System.clearProperty(DeviceLock.PROPERTY);
      System.clearProperty(PretendBackend.DEVICE);
    }
    Path run = Files.list(out.resolve("runs")).findFirst().orElseThrow();
    RunResult result = Json.record(Files.readString(run.resolve("result.json")), RunResult.class);
    assertTrue(result.waitedSeconds() > 0.9, result.waitedSeconds() + " s");
    assertTrue(result.waitedSeconds() < result.seconds(), result.seconds() + " s");
  }

  private static Path bundle(Ran tuned) {
    return Path.of(
        tuned
            .output
            .lines()
            .filter(line -> line.startsWith("bundle: "))
            .findFirst()
            .orElseThrow()
            .substring("bundle: ".length()));
  }

  @Test
  void tune_withATrace_tunesForItsShapesAndKeepsThem() throws IOException {
    Path file = Files.writeString(folder.resolve("small.yaml"), WORKLOAD);
    Path trace = Files.writeString(folder.resolve("log.csv"), "Length,n\n3,60\n5,30\n40,10\n");
    String out = folder.resolve("out").toString();
    Ran tuned =
        run(
            "tune",
            file.toString(),
            "--trace",
            trace.toString(),
            "--column",
            "T=Length",
            "--count",
            "n",
            "--out",
            out);
    assertEquals(0, tuned.code, tuned.output);
    String read = "trace      " + trace + ": 100 calls of 3 shapes, T from 3 to 40";
    assertTrue(tuned.output.lines().anyMatch(read::equals), tuned.output);
    Path bundle = bundle(tuned);
    assertEquals(
        "T,calls\n3,0.6\n5,0.3\n40,0.1\n", Files.readString(bundle.resolve(Bundle.WEIGHTS)));
    Path run = Files.list(Path.of(out, "runs")).findFirst().orElseThrow();
    assertEquals("T,calls\n3,60\n5,30\n40,10\n", Files.readString(run.resolve("trace.csv")));
    assertTrue(Files.readString(run.resolve("run.json")).contains("\"trace\" : \"" + trace + "\""));
    String[] drift = {
      "drift", bundle.toString(), "--trace", trace.toString(), "--column", "Length"
    };
    Ran same = run(drift[0], drift[1], drift[2], drift[3], drift[4], drift[5], "--count", "n");
    assertEquals(0, same.code, same.output);
    Ran rows = run(drift);
    assertEquals(0, rows.code, "three calls: " + rows.output);
    Files.writeString(trace, "Length,n\n3,10\n5,30\n400,60\n");
    Ran moved = run(drift[0], drift[1], drift[2], drift[3], drift[4], drift[5], "--count", "n");
    assertEquals(12, moved.code, moved.output);
    assertTrue(
        moved.output.contains("x by retuning (")
            && moved.output.contains(
                "retune by  tessera tune "
                    + file
                    + " --trace "
                    + trace
                    + " --column Length --count n --effort quick"),
        moved.output);
    Files.delete(trace);
    Ran resumed = run("tune", "--resume", run.toString());
    assertEquals(0, resumed.code, resumed.output);
    assertEquals(
        Files.readString(bundle.resolve(Bundle.WEIGHTS)),
        Files.readString(bundle(resumed).resolve(Bundle.WEIGHTS)));
    assertEquals(2, run("tune", "--resume", run.toString(), "--trace", "x.csv").code);
  }
}
