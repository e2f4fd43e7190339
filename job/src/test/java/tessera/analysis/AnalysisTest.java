package tessera.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.io.FileUtils;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.UserError;
import tessera.analysis.figures.Headline;
import tessera.analysis.figures.SearchProgress;
import tessera.analysis.figures.TrialFigures;
import tessera.job.spark.tables.FailedLog;
import tessera.job.spark.tables.RunTables;
import tessera.storage.Place;

/** What a run of an earlier version recorded, which was interrupted. */
final class AnalysisTest {
  private static final Path FORMER = Path.of("src/test/resources/former/cuda-run");

  private static Analysis analysis;

  @TempDir private Path folder;

  @BeforeAll
  static void start() {
    analysis = Analysis.start();
  }

  @AfterAll
  static void stop() {
    analysis.close();
  }

  private Path copy() throws IOException {
    Path run = folder.resolve("runs").resolve("a run");
    FileUtils.copyDirectory(FORMER.toFile(), run.toFile());
    return run;
  }

  private static String refusal(Path run) {
    return assertThrows(UserError.class, () -> analysis.open(run.toString()).trials()).getMessage();
  }

  @Test
  void headline_ofAnInterruptedRun_saysWhatItHasAndWhyItLacksTheRest() throws IOException {
    Path run = copy();
    Headline headline = analysis.open(run.toString()).headline();
    assertEquals("a run", headline.name());
    assertEquals(Headline.State.INTERRUPTED, headline.state());
    assertEquals(Map.of("OK", 94L, "BUILD_FAILED", 2L), headline.outcomes().get());
    assertEquals("full", headline.run().get().effort());
    assertEquals("NVIDIA H200", headline.hardware().model());
    assertEquals(7, headline.policy().get().get("rounds"));
    assertFalse(headline.vendor().isKnown());
    assertEquals(
        "the run published no bundle, or its bundle was removed from "
            + folder.resolve("bundles/bert-dense-qkv/cuda-sm_90a-132sm-a2effc047be5"),
        headline.vendor().why());
  }

  @Test
  void headline_ofARunWhoseBundleIsRefused_saysWhy() throws IOException {
    Path run = copy();
    Path version =
        Files.createDirectories(
            folder.resolve("bundles/bert-dense-qkv/cuda-sm_90a-132sm-a2effc047be5/20261129"));
    String said = analysis.open(run.toString()).headline().vendor().why();
    String start =
        "the run published no bundle, or its bundle was removed from "
            + version.getParent()
            + "; one there is refused: "
            + version;
    assertTrue(said.startsWith(start), said);
  }

  @Test
  void progress_ofAFormerRun_isThatOfItsSearch() throws IOException {
    SearchProgress progress = analysis.open(copy().toString()).progress().get();
    assertEquals(1, progress.rounds().size());
    SearchProgress.Round round = progress.rounds().get(0);
    assertEquals(96, round.trials());
    assertEquals(94, round.ok());
    double measuring = round.verifySeconds() + round.timeSeconds();
    assertEquals(round.busyShare(), measuring / (measuring + round.waitSeconds().get()), 1e-9);
    List<SearchProgress.Best> best = progress.best().get();
    for (int i = 1; i < best.size(); i++) {
      assertTrue(best.get(i).seconds() < best.get(i - 1).seconds());
      assertTrue(best.get(i).trials() > best.get(i - 1).trials());
    }
    assertTrue(best.size() > 1);
  }

  @Test
  void tables_ofAFormerRun_haveTodaysColumns() throws IOException {
    Tables tables = analysis.open(copy().toString()).tables();
    assertEquals(
        List.of(RunTables.TRIALS.fieldNames()), List.of(tables.trials().schema().fieldNames()));
    Row first = tables.trials().filter("outcome = 'OK'").orderBy("index").first();
    assertEquals(
        Map.of("registers", 167, "resident_blocks", 1, "shared_bytes", 32768),
        first.getJavaMap(first.fieldIndex("resources")));
    Row timing = first.<Row>getList(first.fieldIndex("timings")).get(0);
    assertEquals(
        Map.of("m", 960L, "n", 2304L, "k", 768L), timing.getJavaMap(timing.fieldIndex("extents")));
    assertEquals(
        Set.of("clock_mhz", "reference_gflops"),
        timing.getJavaMap(timing.fieldIndex("observed")).keySet());
    assertEquals(0, tables.contest().count());
    assertEquals(0, tables.timings().count());
  }

  @Test
  void rounds_thatWereNotFinished_areNoPartOfARun() throws IOException {
    Path run = copy();
    for (String table : List.of("trials", "rounds")) {
      FileUtils.copyDirectory(
          run.resolve(table).resolve("round=0000").toFile(),
          run.resolve(table).resolve("round=0001").toFile());
    }
    Files.delete(run.resolve("rounds/round=0001/_SUCCESS"));
    assertEquals(96, analysis.open(run.toString()).trials().size());
  }

  @Test
  void run_withoutAFinishedRound_isEmpty() throws IOException {
    Path run = copy();
    FileUtils.deleteDirectory(run.resolve("trials").toFile());
    Recording recording = analysis.open(run.toString());
    assertEquals(Headline.State.EMPTY, recording.headline().state());
    assertEquals(List.of(), recording.progress().get().rounds());
    assertEquals(0, recording.tables().trials().count());
  }

  @Test
  void open_whatIsNoRun_isAMistake() {
    assertTrue(refusal(folder.resolve("nothing")).endsWith("as tune printed them"));
    assertTrue(refusal(folder).contains("is neither a run (it has no run.json) nor a bundle"));
  }

  @Test
  void trials_ofADamagedTable_areAMistakeThatNamesIt() throws IOException {
    Path run = copy();
    Path file =
        FileUtils.listFiles(run.resolve("trials").toFile(), new String[] {"parquet"}, true)
            .iterator()
            .next()
            .toPath();
    Files.write(file, new byte[] {1, 2, 3});
    String said = refusal(run);
    assertTrue(said.startsWith(file + " is damaged; "), said);
  }

  @Test
  void figures_ofARunInWhichAllFailed_areReadAndSaySo() throws IOException {
    Path run = copy();
    FailedLog.replace(run);
    Recording recording = analysis.open(run.toString());
    assertEquals(Headline.State.ALL_FAILED, recording.headline().state());
    TrialFigures trial = recording.trials().get(0);
    assertEquals("BUILD_FAILED", trial.outcome());
    assertEquals(FailedLog.MESSAGE, trial.message());
    assertEquals(List.of(), recording.progress().get().best().get());
    assertEquals(
        "no device measured in this round",
        recording.progress().get().rounds().get(0).waitSeconds().why());
    assertEquals(List.of(), recording.costModel().get().predictions());
    assertEquals(List.of(), recording.stability().spreads());
    assertFalse(recording.roofline().isKnown());
  }

  /** NaN is what Tessera once wrote. */
  @Test
  void speeds_aTimeWithoutASpread_saysThatItIsNotKnown() {
    Place bundle =
        new MadeUpBundle()
            .timed(2, 0.5, 1, 0, 0.01)
            .timed(8, 0.25, 1, 0, 0)
            .timed(9, 0.25, 1, 0, Double.NaN)
            .publish(Place.of(folder));
    assertEquals(
        List.of(Optional.of(0.01), Optional.empty(), Optional.empty()),
        analysis.open(bundle).speeds().get().dispatched().stream()
            .map(dispatched -> dispatched.spread().value())
            .toList());
  }
}
