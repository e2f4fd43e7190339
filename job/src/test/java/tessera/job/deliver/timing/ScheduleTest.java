package tessera.job.deliver.timing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tessera.job.MadeUpRun;
import tessera.job.records.Onlooker;
import tessera.job.records.RunFolder;
import tessera.job.run.Progress;
import tessera.job.run.TuningRun;
import tessera.job.search.MadeUpMachine;
import tessera.measure.Deadline;
import tessera.workload.Budget;

final class ScheduleTest {
  private static final Budget BUDGET = new Budget(8, 200);

  /** Seconds that a busy machine may take between two looks at its clock. */
  private static final double ROUGHLY = 10;

  private static final PrintStream NOWHERE =
      new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);

  /** A run of 200 seconds that began some seconds ago. */
  private static TuningRun run(long elapsed) {
    TuningRun run = MadeUpRun.of(MadeUpMachine.WORKLOAD, NOWHERE);
    RunFolder.Settings settings = run.settings();
    long start = System.nanoTime() - TimeUnit.SECONDS.toNanos(elapsed);
    return new TuningRun(
        run.cluster(),
        run.hardware(),
        run.memoryBytes(),
        run.workload(),
        new RunFolder.Settings(
            settings.schemaVersion(),
            settings.workloadFile(),
            settings.effort(),
            BUDGET,
            settings.strategy(),
            settings.seed(),
            settings.threads(),
            settings.signed(),
            settings.target()),
        run.folder(),
        run.out(),
        run.signingKey(),
        new Progress(NOWHERE, false, BUDGET, start, Onlooker.NONE));
  }

  private static double secondsTo(Deadline end) {
    return end.secondsLeft();
  }

  @ParameterizedTest
  @CsvSource({"0, 200", "150, 200", "300, 100", "1000, 30"})
  void lastResort_begunAgainAndAgain_comesToAnEnd(long elapsed, double left) {
    TuningRun run = run(elapsed);
    Schedule schedule = new Schedule(run, DeliveryEffort.of(run));
    assertEquals(left, secondsTo(schedule.lastResort()), ROUGHLY);
  }

  @ParameterizedTest
  @CsvSource({"0, 200", "150, 50", "190, 30", "1000, 30"})
  void contestFailed_againAndAgain_leavesAllOthersWhatWasLeftOnce(long elapsed, double left)
      throws InterruptedException {
    TuningRun run = run(elapsed);
    Schedule schedule = new Schedule(run, DeliveryEffort.of(run));
    schedule.contestFailed();
    Deadline last = schedule.lastResort();
    assertEquals(left, secondsTo(last), ROUGHLY);
    Thread.sleep(2);
    schedule.contestFailed();
    assertEquals(last, schedule.lastResort());
    assertFalse(schedule.isOver());
  }

  /** 4% of the budget is left to the contest where all of it is over. */
  @Test
  void end_ofARunThatMayTakeLonger_isNotThatOfItsBudget() {
    TuningRun run = run(1000);
    DeliveryEffort effort = DeliveryEffort.of(run);
    Deadline over = new Schedule(run, effort).end(Schedule.Step.CONTEST);
    assertEquals(8, secondsTo(over), ROUGHLY);
    double kept = effort.publishSeconds() + effort.reportSeconds(run.workload(), run.peakGflops());
    Deadline longer = new Schedule(run, effort, 1200).end(Schedule.Step.CONTEST);
    assertEquals(0.6 * (200 - kept), secondsTo(longer), ROUGHLY);
  }
}
