package tessera.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tessera.Json;
import tessera.analysis.figures.Comparison;
import tessera.analysis.figures.CostModelFigures;
import tessera.analysis.figures.Headline;
import tessera.analysis.figures.SearchProgress;
import tessera.analysis.figures.Speeds;
import tessera.job.Tessera;
import tessera.job.madeup.PretendProvider;
import tessera.job.report.ReportPage;
import tessera.job.storage.Hdfs;
import tessera.storage.Place;

/**
 * A run of this version on made-up hardware, from its folder, its bundle, and their copy in HDFS.
 */
@ExtendWith(Hdfs.class)
final class RecordedRunTest {
  private static final String WORKLOAD =
      """
      operator: projection
      target: made-up
      epilogue: bias
      extents: {batch: 3, position: T, feature: 24, channel: 40}
      variables:
        T: {from: 1, to: 30}
      samples: 3
      budget: {effort: quick, trials: 6, seconds: 400}
      """;

  @TempDir private static Path folder;

  private static Path run;
  private static Path bundle;

  @BeforeAll
  static void tune() throws IOException {
    System.setProperty(PretendProvider.PROPERTY, "4");
    Path file = Files.writeString(folder.resolve("small.yaml"), WORKLOAD);
    Path out = folder.resolve("out");
    assertEquals(0, Tessera.execute("tune", file.toString(), "--out", out.toString()));
    run = only(out.resolve("runs"));
    bundle = only(only(out.resolve("bundles/small")));
  }

  private static Path only(Path parent) throws IOException {
    try (Stream<Path> files = Files.list(parent)) {
      return files.filter(file -> !file.endsWith("latest")).findFirst().orElseThrow();
    }
  }

  private static String json(Object folder) throws IOException {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream out = System.out;
    try (PrintStream to = new PrintStream(said, true, StandardCharsets.UTF_8)) {
      System.setOut(to);
      assertEquals(0, Tessera.execute("inspect", folder.toString(), "--json", "-"));
    } finally {
      System.setOut(out);
    }
    return said.toString(StandardCharsets.UTF_8);
  }

  @Test
  void headline_ofARun_hasWhatItDelivered() {
    try (Analysis analysis = Analysis.start()) {
      Headline headline = analysis.open(run.toString()).headline();
      assertEquals(Headline.State.DELIVERED, headline.state());
      assertEquals(bundle.toString(), headline.bundle().get().folder());
      assertTrue(headline.seconds().get() > 0);
      assertTrue(headline.outcomes().get().get("OK") > 0);
      Headline.HeldOut heldOut = headline.heldOut().get();
      assertTrue(heldOut.low() <= heldOut.mean() && heldOut.mean() <= heldOut.worst());
      assertTrue(heldOut.mean() <= heldOut.high());
    }
  }

  @Test
  void rounds_ofARun_haveTheirTimesAndPredictions() {
    try (Analysis analysis = Analysis.start()) {
      Recording recording = analysis.open(run.toString());
      SearchProgress.Round round = recording.progress().get().rounds().get(0);
      assertTrue(round.beginSeconds().get() > 0);
      assertTrue(round.measureSeconds().get() > 0);
      assertTrue(round.learnSeconds().isKnown());
      List<SearchProgress.Step> steps = recording.progress().get().steps().get();
      assertEquals(0, steps.get(0).beginSeconds());
      assertEquals(
          steps.get(0).seconds() + steps.get(1).seconds(), steps.get(2).beginSeconds(), 1e-9);
      CostModelFigures model = recording.costModel().get();
      assertFalse(model.predictions().isEmpty());
      for (CostModelFigures.Prediction prediction : model.predictions()) {
        // nothing is learned with effort quick
        assertEquals(prediction.priorSeconds().get(), prediction.predictedSeconds().get());
      }
      assertTrue(model.importance().isKnown());
    }
  }

  @Test
  void speeds_ofABundle_haveWeightsThatSumTo1() {
    try (Analysis analysis = Analysis.start()) {
      Recording recording = analysis.open(bundle.toString());
      assertEquals(run.toString(), recording.headline().run().get().folder());
      Speeds speeds = recording.speeds().get();
      assertEquals(1, speeds.dispatched().stream().mapToDouble(d -> d.weight().get()).sum(), 1e-9);
      assertTrue(speeds.dispatched().stream().anyMatch(d -> d.spread().isKnown()));
    }
  }

  @Test
  void compare_withItself_isAsFast() {
    try (Analysis analysis = Analysis.start()) {
      Recording recording = analysis.open(run.toString());
      Comparison comparison = recording.compare(analysis.open(bundle.toString()));
      assertEquals(1, comparison.weighted().get());
      assertEquals(Comparison.Verdict.SAME, comparison.verdict());
    }
  }

  @Test
  void inspect_asJson_hasTheFiguresOfTheRun() throws IOException {
    JsonNode form = Json.DOCUMENTS.readTree(json(run));
    assertEquals(1, form.path("schemaVersion").asInt());
    assertEquals("inspection", form.path("kind").asText());
    assertEquals("DELIVERED", form.path("headline").path("state").asText());
    assertTrue(form.path("progress").path("rounds").path(0).path("trials").asInt() > 0);
    assertTrue(form.path("headline").path("vendor").isNull(), form.toString());
  }

  @Test
  void inspect_ofACopyInHdfs_isThatOfTheRun() throws IOException {
    Place copy = Hdfs.folder();
    copy(Place.of(folder.resolve("out")), copy.resolve("out"));
    Place out = copy.resolve("out");
    assertEquals(
        figures(json(run)),
        figures(json(out.resolve("runs").resolve(run.getFileName().toString()))));
    String published = folder.resolve("out").relativize(bundle).toString();
    assertEquals(figures(json(bundle)), figures(json(out.resolve(published))));
  }

  /** All but the names of folders. */
  private static JsonNode figures(String json) throws IOException {
    return Json.DOCUMENTS.readTree(
        json.replaceAll("\"folder\" : \"(?:hdfs:|/)[^\"]*\"", "\"folder\" : \"\""));
  }

  private static void copy(Place from, Place to) throws IOException {
    if (from.isFile()) {
      to.write(from.read());
      return;
    }
    to.createFolder();
    for (Place file : from.list()) {
      copy(file, to.resolve(file.name()));
    }
  }

  @Test
  void report_ofARunThatLearnedNothing_saysSo() {
    try (Analysis analysis = Analysis.start()) {
      byte[] page = ReportPage.of(List.of(analysis.open(run.toString())));
      String expected = "\"importance\":\"No cost model was learned: ";
      assertTrue(new String(page, StandardCharsets.UTF_8).contains(expected));
    }
  }
}
