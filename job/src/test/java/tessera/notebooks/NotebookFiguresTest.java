package tessera.notebooks;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tessera.analysis.Analysis;
import tessera.analysis.Recording;
import tessera.analysis.figures.CostModelFigures;
import tessera.analysis.figures.Headline;
import tessera.analysis.figures.SearchProgress;
import tessera.analysis.figures.Stability;
import tessera.job.replay.Replay;

/** What the committed notebooks print, beside what the recorded runs say today. */
final class NotebookFiguresTest {
  private static final String CPU = "bert-dense-20261129-160126-911";
  private static final String CPU_LATER = "bert-dense-20261129-163458-877";
  private static final String GPU = "bert-dense-qkv-20261129-204302-000";

  private static Analysis analysis;

  @BeforeAll
  static void start() {
    analysis = Analysis.start();
  }

  @AfterAll
  static void end() {
    analysis.close();
  }

  private static Recording open(String run) {
    return analysis.open(Notebook.FOLDER.resolve("runs").resolve(run).toString());
  }

  private static void assertSays(String notebook, String format, Object... values)
      throws IOException {
    String expected = String.format(Locale.ROOT, format, values);
    String text = Notebook.committed(notebook).text();
    assertTrue(text.contains(expected), notebook + " lacks '" + expected + "':\n" + text);
  }

  @Test
  void anatomy_hasTheRunsSpeeds() throws IOException {
    Recording run = open(CPU);
    List<SearchProgress.Best> best = run.progress().get().best().get();
    SearchProgress.Best last = best.get(best.size() - 1);
    assertSays(
        "anatomy-of-a-run",
        "%.0f GFLOP/s with trial %d, and no better after that",
        last.gflops(),
        last.trials());
    Headline.Against against = run.headline().vendor().get();
    assertSays(
        "anatomy-of-a-run",
        "%.2f times as fast as the fastest library in the geometric mean of %d shapes",
        against.geometricMean(),
        against.shapes());
  }

  @Test
  void costModel_hasTheScoresOfEachRound() throws IOException {
    for (CostModelFigures.Score score : open(GPU).costModel().get().scores()) {
      assertSays(
          "is-the-cost-model-right",
          "%5d %9d %6.3f %6.3f",
          score.round(),
          score.heldOut(),
          score.spearman(),
          score.priorSpearman());
    }
  }

  @Test
  void drift_hasTheBandOfEachRun() throws IOException {
    for (String name : List.of(CPU, CPU_LATER, GPU)) {
      Stability stability = open(name).stability();
      assertSays(
          "hardware-and-drift",
          "%-39s two timings differ by up to %.1f%% in nine of ten of %d cases",
          name,
          100 * stability.tieBand().get(),
          stability.repeats().size());
    }
  }

  @Test
  void search_hasWhatTheReplayGives() throws IOException {
    Replay replay = open(GPU).replay();
    List<Double> ends = new ArrayList<>();
    for (long seed = 1; seed <= 15; seed++) {
      List<Replay.Step> steps = replay.run(replay.random(seed), replay.prior(), 16, 160);
      ends.add(steps.get(steps.size() - 1).share());
    }
    ends.sort(null);
    assertSays("write-your-own-search", "%d micro-kernels to search among", replay.size());
    assertSays("write-your-own-search", "%.3f (%.3f-%.3f)", ends.get(7), ends.get(0), ends.get(14));
  }
}
