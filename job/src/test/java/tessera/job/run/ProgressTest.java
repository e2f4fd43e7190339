package tessera.job.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import tessera.job.records.Onlooker;
import tessera.job.records.TrialLog;
import tessera.job.search.Learner;
import tessera.job.search.TuningLoop;
import tessera.measure.Outcome;
import tessera.microkernel.MicroKernel;
import tessera.trial.Trial;
import tessera.workload.Budget;

final class ProgressTest {
  private static Trial trial(String family, Outcome outcome, String message) {
    MicroKernel kernel = new MicroKernel(family, Map.of("tileM", 16));
    return new Trial(kernel, outcome, message, Map.of(), 1, 1, 1, List.of(), "test");
  }

  @Test
  void resume_withTrialsLeftAndWithNone_saysWhatComes() {
    ByteArrayOutputStream shown = new ByteArrayOutputStream();
    Budget budget = new Budget(100, 6e5);
    Progress progress =
        new Progress(
            new PrintStream(shown, true, StandardCharsets.UTF_8),
            false,
            budget,
            System.nanoTime(),
            Onlooker.NONE);
    progress.resume(32, new Budget(90, 6e5 + 7));
    progress.resume(90, new Budget(90, 6e5));
    String[] lines = shown.toString(StandardCharsets.UTF_8).split("\n");
    assertTrue(
        lines[0].matches(
            "the search goes on from 32 of 90 trials, with (599|600)\\d{3} s for it and the bundle"),
        lines[0]);
    assertEquals(
        "all 90 trials of the search are measured: their best are timed and published again, without a search",
        lines[1]);
  }

  @Test
  void round_withAndWithoutARightMicroKernel_showsItsSpeedOrThatThereIsNone() {
    ByteArrayOutputStream shown = new ByteArrayOutputStream();
    Progress progress =
        new Progress(
            new PrintStream(shown, true, StandardCharsets.UTF_8),
            false,
            new Budget(100, 6e5),
            System.nanoTime(),
            Onlooker.NONE);
    progress.round(0, Double.POSITIVE_INFINITY);
    progress.round(12.4, 1);
    String[] lines = shown.toString(StandardCharsets.UTF_8).split("\n");
    assertEquals(
        "0 of 100 trials, none right and steady so far, device busy 100%",
        lines[0].replaceFirst(", \\d+ of 600000 s$", ""));
    assertEquals(
        "0 of 100 trials, predicted weighted speed 12 GFLOP/s, device busy 100%",
        lines[1].replaceFirst(", \\d+ of 600000 s$", ""));
  }

  @Test
  void busyShare_ofTwoDevices_isTheirMean() {
    Progress progress =
        new Progress(
            new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
            false,
            new Budget(100, 60),
            System.nanoTime(),
            Onlooker.NONE);
    progress.add(
        0,
        List.of(
            measured("host:12 cuda-0", 2e9),
            measured("host:13 cuda-0", 1e9),
            measured("host:13 cuda-1", 1e9),
            measured("other:12 cuda-2", 0)),
        new TuningLoop.Lasted(4, 4));
    assertEquals(0.5, progress.busyShare(), 1e-12);
    progress.add(1, List.of(measured("host:12 cuda-0", 4e9)), new TuningLoop.Lasted(4, 4));
    assertEquals(1, progress.busyShare(), 1e-12);
    assertEquals(8.0 / 12, progress.overallBusyShare(), 1e-12);
  }

  /** The second round was done before the first, and came with it. */
  @Test
  void busyShare_ofTwoRoundsAtOnce_isAtMostAllAndEachHasItsOwnTime() {
    Progress progress =
        new Progress(
            new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
            false,
            new Budget(100, 60),
            0,
            Onlooker.NONE);
    List<Trial> trials = List.of(measured("host cuda-0", 2e9), measured("host cuda-1", 1e9));
    Learner.Learned learned =
        new Learner.Learned(
            kernel -> {
              throw new IllegalStateException("nothing is predicted here");
            },
            new Learner.Scores(0, 0, 0, 0));
    TuningLoop.Origin origin = new TuningLoop.Origin(learned, 3_000_000_000L, 0.5);
    progress.add(0, trials, new TuningLoop.Lasted(4, 4));
    assertEquals(new TrialLog.Times(3, 0.5, 4), progress.times(origin));
    progress.add(0, trials, new TuningLoop.Lasted(3.5, 0.5));
    assertEquals(new TrialLog.Times(3, 0.5, 3.5), progress.times(origin));
    assertEquals(1, progress.busyShare(), 1e-12);
    assertEquals(6.0 / 9, progress.overallBusyShare(), 1e-12);
  }

  @Test
  void add_trialsOfARoundAfterTheNextHasBegun_namesTheirRound() {
    List<String> heard = new ArrayList<>();
    Onlooker onlooker =
        new Onlooker() {
          @Override
          public void enters(String step) {
            heard.add(step);
          }

          @Override
          public void measured(String step, List<Trial> trials, double busyShare) {
            heard.add(trials.size() + " of " + step);
          }

          @Override
          public void best(double seconds) {}
        };
    PrintStream nowhere =
        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    Progress progress = new Progress(nowhere, false, new Budget(100, 60), 0, onlooker);
    progress.begins(3);
    progress.begins(4);
    progress.add(3, List.of(measured("host cuda-0", 1e9)), new TuningLoop.Lasted(1, 1));
    assertEquals(List.of("round 3", "round 4", "1 of round 3"), heard);
  }

  @Test
  void waited_forDevicesOfOthers_isCountedOutUpToAnotherBudget() {
    List<Double> heard = new ArrayList<>();
    Onlooker onlooker =
        new Onlooker() {
          @Override
          public void enters(String step) {}

          @Override
          public void measured(String step, List<Trial> trials, double busyShare) {}

          @Override
          public void waited(double seconds) {
            heard.add(seconds);
          }

          @Override
          public void best(double seconds) {}
        };
    PrintStream nowhere =
        new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    long start = System.nanoTime() - 70_000_000_000L;
    Progress progress = new Progress(nowhere, false, new Budget(100, 60), start, onlooker);
    progress.waited(20);
    assertTrue(progress.usedSeconds() >= 50, progress.usedSeconds() + " s");
    assertTrue(progress.usedSeconds() <= progress.elapsedSeconds() - 20);
    progress.waited(50);
    assertEquals(60, progress.waitedSeconds());
    assertEquals(List.of(20.0, 40.0), heard);
  }

  @Test
  void remark_whileAnotherIsWritten_isALineOfItsOwn() throws Exception {
    ByteArrayOutputStream shown = new ByteArrayOutputStream();
    AtomicReference<Progress> progress = new AtomicReference<>();
    Thread other = new Thread(() -> progress.get().remark("the other"));
    PrintStream console =
        new PrintStream(shown, true, StandardCharsets.UTF_8) {
          @Override
          public void print(String text) {
            super.print(text);
            if (text.endsWith("one")) {
              startAndAwaitItsEndOrBlock(other);
            }
          }
        };
    progress.set(new Progress(console, true, new Budget(100, 60), 0, Onlooker.NONE));
    progress.get().remark("one");
    other.join();
    String line = System.lineSeparator();
    assertEquals(
        "\r\033[Kone" + line + "\r\033[Kthe other" + line, shown.toString(StandardCharsets.UTF_8));
  }

  private static void startAndAwaitItsEndOrBlock(Thread thread) {
    thread.start();
    while (thread.getState() != Thread.State.BLOCKED
        && thread.getState() != Thread.State.TERMINATED) {
      Thread.onSpinWait();
    }
  }

  private static Trial measured(String worker, double nanos) {
    long half = (long) (nanos / 2);
    MicroKernel kernel = new MicroKernel("family", Map.of("tileM", 16));
    return new Trial(kernel, Outcome.OK, "", Map.of(), 1, half, half, List.of(), worker);
  }

  @Test
  void familyOfWhichNothingWorks_isReportedOnce() throws Exception {
    ByteArrayOutputStream shown = new ByteArrayOutputStream();
    Progress progress =
        new Progress(
            new PrintStream(shown, true, StandardCharsets.UTF_8),
            false,
            new Budget(100, 60),
            System.nanoTime(),
            Onlooker.NONE);
    List<Trial> broken =
        Collections.nCopies(6, trial("broken", Outcome.BUILD_FAILED, "no such header\nmore"));
    TuningLoop.Lasted second = new TuningLoop.Lasted(1, 1);
    progress.add(0, broken, second);
    progress.add(1, List.of(trial("sound", Outcome.OK, "")), second);
    assertEquals("", shown.toString(StandardCharsets.UTF_8));
    progress.add(0, broken, second);
    progress.add(0, broken, second);
    assertEquals(
        "all of the first 8 micro-kernels of broken failed (BUILD_FAILED): no such header\n",
        shown.toString(StandardCharsets.UTF_8));
  }
}
