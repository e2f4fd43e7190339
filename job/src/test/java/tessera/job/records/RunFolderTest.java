package tessera.job.records;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tessera.UserError;
import tessera.backend.Backends;
import tessera.compile.Subprocess;
import tessera.storage.Place;
import tessera.workload.Budget;
import tessera.workload.Effort;
import tessera.workload.Instance;
import tessera.workload.timed.Sampling;
import tessera.workload.trace.Trace;
import tessera.workload.trace.TraceReader;

final class RunFolderTest {
  @TempDir private Path folder;

  private RunFolder run(String out) throws IOException {
    Path run = Files.createDirectories(folder.resolve(out).resolve("runs/w-1"));
    Files.createFile(run.resolve("run.json"));
    return RunFolder.open(Place.of(folder.resolve(out)), "w-1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"out", "my out (1)", "that's $HOME", "a;b"})
  void resumption_inAShell_namesTheFolder(String out) throws IOException {
    RunFolder run = run(out);
    String command = run.resumption().replaceFirst("^tessera tune --resume ", "printf %s ");
    assertEquals(
        run.path().toString(),
        Subprocess.run(List.of("sh", "-c", command), folder, Duration.ofSeconds(60)).output());
  }

  @Test
  void check_ofAFolderInABundle_isRefused() throws IOException {
    Path bundle = Files.createDirectory(folder.resolve("v0001"));
    Files.createFile(bundle.resolve("SHA256SUMS"));
    RunFolder.check(Place.of(bundle.resolve("out")), "--out"); // sums alone are those of anything
    Files.createFile(bundle.resolve("manifest.json"));
    for (Path out : List.of(bundle, bundle.resolve("out/deep"))) {
      UserError error =
          assertThrows(UserError.class, () -> RunFolder.check(Place.of(out), "--out"));
      assertEquals(
          out
              + " is in the bundle "
              + bundle
              + ", whose files stay as they were published; name a folder outside of it",
          error.getMessage());
    }
  }

  @Test
  void result_ofARun_isReadAsItWasWritten() throws IOException {
    RunFolder run = run("out");
    assertEquals(Optional.empty(), run.result());
    RunResult result =
        new RunResult(
            RunResult.SCHEMA_VERSION,
            "out/bundles/w/v0001",
            12.5,
            2.5,
            7.25,
            0.75,
            9,
            List.of(new RunResult.HeldOut(List.of(3L, 7L), 0.25, 0.01)),
            List.of(new RunResult.Step("search", 12.5)));
    run.write(result);
    assertEquals(Optional.of(result), run.result());
  }

  @Test
  void result_ofTheFirstSchema_hasNoWaits() throws IOException {
    RunFolder run = run("out");
    Files.writeString(
        folder.resolve("out/runs/w-1/result.json"),
        """
        {"schemaVersion" : 1, "bundle" : "b", "seconds" : 12.5, "measuringSeconds" : 7.25,
         "busyShare" : 0.75, "contestants" : 9, "heldOut" : [], "steps" : []}
        """);
    assertEquals(
        Optional.of(new RunResult(1, "b", 12.5, 0, 7.25, 0.75, 9, List.of(), List.of())),
        run.result());
  }

  @Test
  void result_thatIsDamagedOrNewer_isRefusedOrPassedOver() throws IOException {
    RunFolder run = run("out");
    Path file = folder.resolve("out/runs/w-1/result.json");
    Files.writeString(file, "{\"schemaVersion\" : 3, \"other\" : 1}");
    assertEquals(Optional.empty(), run.result());
    Files.writeString(file, "{\"schemaVersion\" : 1");
    UserError error = assertThrows(UserError.class, run::result);
    assertTrue(error.getMessage().contains("result.json is damaged"), error.getMessage());
  }

  private RunFolder.Settings read(String json) throws IOException {
    Path run = Files.createDirectories(folder.resolve("runs/w-1"));
    Files.writeString(run.resolve("run.json"), json);
    return RunFolder.open(Place.of(folder), "w-1").settings();
  }

  /** The settings of a run before they stated an effort. */
  private static String former() throws IOException {
    return Files.readString(Path.of("src/test/resources/former/cuda-run/run.json"));
  }

  @ParameterizedTest
  @CsvSource({"1000, FULL", "97, FULL", "96, STANDARD", "25, STANDARD", "24, QUICK"})
  void settings_ofVersion1_haveTheEffortThatTheirTrialsFit(int trials, Effort effort)
      throws IOException {
    RunFolder.Settings settings =
        read(former().replace("\"trials\" : 1000", "\"trials\" : " + trials));
    assertEquals(effort, settings.effort());
    assertEquals(new Budget(trials, 105), settings.budget());
    assertEquals("NVIDIA H200", settings.target().model());
  }

  @Test
  void settings_ofVersion2_signNothing() throws IOException {
    String second =
        former()
            .replace("\"schemaVersion\" : 1,", "\"schemaVersion\" : 2, \"effort\" : \"quick\",");
    assertEquals(Effort.QUICK, read(second).effort());
    assertFalse(read(second).signed());
    assertFalse(read(former()).signed());
  }

  @Test
  void settings_ofVersion3_beginWithNothing() throws IOException {
    String third =
        former()
            .replace(
                "\"schemaVersion\" : 1,",
                "\"schemaVersion\" : 3, \"effort\" : \"full\", \"signed\" : true,");
    assertEquals(List.of(), read(third).warmFrom());
    assertTrue(read(third).signed());
  }

  @Test
  void settings_written_areReadBackWithTheirEffort() throws IOException {
    RunFolder.Settings old = read(former());
    RunFolder.Settings settings =
        new RunFolder.Settings(
            RunFolder.Settings.SCHEMA_VERSION,
            old.workloadFile(),
            Effort.QUICK,
            old.budget(),
            old.strategy(),
            old.seed(),
            old.threads(),
            true,
            List.of("hdfs://host/out", "/tmp/runs/w-0"),
            "",
            "too",
            old.target());
    Path workload = Files.writeString(folder.resolve("w.yaml"), "operator: dense");
    assertEquals(
        settings, RunFolder.create(Place.of(folder), "w", settings, Place.of(workload)).settings());
  }

  @Test
  void settings_beforeVersion5_haveTheShapesOfTheirFile() throws IOException {
    assertEquals("", read(former()).trace());
    String third =
        former()
            .replace(
                "\"schemaVersion\" : 1,",
                "\"schemaVersion\" : 3, \"effort\" : \"quick\", \"signed\" : true,");
    assertEquals("", read(third).trace());
    assertTrue(read(third).signed());
  }

  @Test
  void request_ofARunOnATrace_hasItsShapesThoughTheTraceIsGone() throws IOException {
    RunFolder.Settings old = read(former());
    RunFolder.Settings settings =
        new RunFolder.Settings(
            RunFolder.Settings.SCHEMA_VERSION,
            folder.resolve("w.yaml").toString(),
            Effort.QUICK,
            old.budget(),
            old.strategy(),
            old.seed(),
            old.threads(),
            false,
            List.of(),
            folder.resolve("gone.csv").toString(),
            "too",
            old.target());
    Path workload =
        Files.writeString(
            folder.resolve("w.yaml"),
            "operator: dense\n"
                + "extents: {m: T, n: 8, k: 8}\n"
                + "variables: {T: {trace: never.csv, column: T}}\n");
    Trace trace = Trace.of(List.of("T"), Map.of(List.of(9L), 2.0, List.of(10L), 6.0));
    RunFolder run =
        RunFolder.create(Place.of(folder), "w", settings, Place.of(workload), Optional.of(trace));
    Place kept = run.path().resolve("trace.csv");
    assertEquals("T,calls\n9,2\n10,6\n", new String(kept.read(), StandardCharsets.UTF_8));
    TraceReader reader =
        new TraceReader() {
          @Override
          public List<String> columns(Place file) {
            return List.of("T", "calls");
          }

          @Override
          public Map<List<Long>, Double> read(
              Place file, List<String> columns, Optional<String> count) {
            assertEquals(
                List.of(kept, List.of("T"), Optional.of("calls")), List.of(file, columns, count));
            return trace.counts();
          }
        };
    assertEquals(
        List.of(new Instance(List.of(9L), 0.25), new Instance(List.of(10L), 0.75)),
        run.request(reader, Backends.all()).workload().instances());
  }

  @Test
  void settings_ofAnUnknownEffort_areAMistake() throws IOException {
    String unknown =
        former().replace("\"schemaVersion\" : 1,", "\"schemaVersion\" : 2, \"effort\" : \"huge\",");
    UserError error = assertThrows(UserError.class, () -> read(unknown));
    assertTrue(error.getMessage().contains("effort 'huge' is unknown"), error.getMessage());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[]", "7", "{", "{}", "{\"schemaVersion\" : 2}"})
  void settings_damaged_areAMistake(String json) {
    UserError error = assertThrows(UserError.class, () -> read(json));
    String end = "run.json is unreadable: it is damaged; start a new run";
    assertTrue(error.getMessage().endsWith(end), error.getMessage());
  }

  @Test
  void sampling_ofARunMadeBeforeItChanged_isAsItWas() throws IOException {
    assertEquals(Sampling.EVEN, read(former()).sampling());
    String fifth =
        former()
            .replace(
                "\"schemaVersion\" : 1,",
                "\"schemaVersion\" : 5, \"effort\" : \"quick\", \"signed\" : false, \"warmFrom\" : [], \"trace\" : \"\",");
    assertEquals(Sampling.EVEN, read(fifth).sampling());
    assertEquals(
        Sampling.CLOSE,
        read(fifth.replace("\"schemaVersion\" : 5,", "\"schemaVersion\" : 6,")).sampling());
  }

  @Test
  void settings_beforeVersion7_prepareNoWeightsThatTheFileDoesNotName() throws IOException {
    assertEquals("never", read(former()).prepare());
    String seventh =
        former()
            .replace(
                "\"schemaVersion\" : 1,",
                "\"schemaVersion\" : 7, \"effort\" : \"quick\", \"signed\" : false, \"warmFrom\" : [], \"trace\" : \"\", \"prepare\" : \"too\",");
    assertEquals("too", read(seventh).prepare());
    assertEquals("too", read(seventh.replace(", \"prepare\" : \"too\"", "")).prepare());
  }

  @Test
  void settings_ofALaterVersion_areRefusedAsThat() throws IOException {
    String later =
        former().replace("\"schemaVersion\" : 1,", "\"schemaVersion\" : 8, \"more\" : 1,");
    UserError error = assertThrows(UserError.class, () -> read(later));
    assertTrue(error.getMessage().contains("was written by a newer Tessera"), error.getMessage());
  }

  @Test
  void resumption_plainPath_isNotQuoted() throws IOException {
    assertEquals(
        "tessera tune --resume " + folder.resolve("out/runs/w-1"), run("out").resumption());
  }
}
