package tessera.job.deliver.timing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import tessera.backend.cpu.CpuProvider;
import tessera.effort.EffortTable;
import tessera.job.MadeUpRun;
import tessera.job.records.Onlooker;
import tessera.job.records.RunFolder;
import tessera.job.run.Progress;
import tessera.job.run.TuningRun;
import tessera.workload.Budget;
import tessera.workload.Effort;
import tessera.workload.Instance;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

final class TimedShapesTest {
  private static final Workload WORKLOAD =
      new WorkloadSpec(
              "ranged",
              "dense",
              "float32",
              "none",
              List.of("T"),
              Map.of("m", "T", "n", "64", "k", "32"))
          .on(LongStream.rangeClosed(1, 2048).mapToObj(t -> new Instance(List.of(t), 1)).toList());

  private final ByteArrayOutputStream said = new ByteArrayOutputStream();

  /** Of a run with quick effort. */
  private TimedShapes shapes(int schemaVersion, double seconds) {
    TuningRun run = run(schemaVersion, seconds);
    return new TimedShapes(run, DeliveryEffort.of(run));
  }

  private TuningRun run(int schemaVersion, double seconds) {
    PrintStream console = new PrintStream(said, true, StandardCharsets.UTF_8);
    TuningRun run = MadeUpRun.of(WORKLOAD, console);
    RunFolder.Settings its = run.settings();
    Budget budget = new Budget(8, seconds);
    return new TuningRun(
        run.cluster(),
        run.hardware(),
        run.memoryBytes(),
        run.workload(),
        new RunFolder.Settings(
            schemaVersion,
            its.workloadFile(),
            its.effort(),
            budget,
            its.strategy(),
            its.seed(),
            its.threads(),
            its.signed(),
            its.target()),
        run.folder(),
        run.out(),
        run.signingKey(),
        new Progress(console, false, budget, System.nanoTime(), Onlooker.NONE));
  }

  private TimedShapes shapes(double seconds) {
    return shapes(RunFolder.Settings.SCHEMA_VERSION, seconds);
  }

  private static List<Long> lengths(List<Instance> instances) {
    return instances.stream().map(instance -> instance.values().get(0)).toList();
  }

  @Test
  void contest_withTime_isCloseToAllOfTheRangeAndLooksBeyond() {
    List<Instance> contest = shapes(1000).contest(1);
    assertEquals(
        List.of(1L, 3L, 7L, 16L, 37L, 84L, 190L, 429L, 683L, 1366L, 2048L),
        lengths(contest.subList(0, 11)));
    assertEquals(1, contest.stream().mapToDouble(Instance::weight).sum(), 1e-9);
    List<Instance> beyond = contest.subList(11, contest.size());
    assertEquals(
        List.of(4096L, 2089L, 2868L, 2458L, 3482L, 2253L, 2663L, 3072L, 3277L, 3687L, 3892L),
        lengths(beyond));
    assertTrue(beyond.stream().allMatch(Instance::liesBeyond));
  }

  @Test
  void contest_whereRegisterTilesHaveFewRows_hasMoreShapesOfFew() {
    TuningRun run = run(RunFolder.Settings.SCHEMA_VERSION, 1000);
    DeliveryEffort effort =
        DeliveryEffort.of(
            EffortTable.row("cpu", Effort.QUICK), CpuProvider.DELIVERY, run.settings().budget(), 1);
    List<Instance> contest = new TimedShapes(run, effort).contest(1);
    List<Instance> within = contest.stream().filter(one -> !one.liesBeyond()).toList();
    assertEquals(
        List.of(1L, 2L, 3L, 4L, 5L, 7L, 9L, 11L, 16L, 37L, 84L, 190L, 429L, 683L, 1366L, 2048L),
        lengths(within));
    assertEquals(1, within.stream().mapToDouble(Instance::weight).sum(), 1e-9);
  }

  @Test
  void contest_withLittleTime_isAsCloseAsItCanBeAndSaysSo() {
    TimedShapes shapes = shapes(10);
    assertEquals(List.of(1L, 6L, 31L, 157L, 683L, 1366L, 2048L), lengths(shapes.contest(1)));
    shapes.remark();
    assertEquals(
        "there is time for 7 shapes in the contest: others of the range are up to 2.3 times as large or small as the nearest of them, and not 1.5 times; more --seconds or a narrower range bring them closer",
        said.toString(StandardCharsets.UTF_8).strip());
  }

  @Test
  void contest_withTime_saysNothing() {
    shapes(1000).remark();
    assertEquals("", said.toString(StandardCharsets.UTF_8));
  }

  @Test
  void reported_areAsManyAsTheEffortAsksForAndSomeBeyond() {
    assertEquals(
        List.of(1L, 3L, 13L, 148L, 1025L, 2048L, 4096L, 2089L, 2868L),
        lengths(shapes(1000).reported()));
  }

  @Test
  void heldOut_areCloseToAllThatNothingWasTimedOn() {
    List<Instance> unknown = WORKLOAD.instances().subList(1, 2047);
    List<Long> held = lengths(shapes(1000).heldOut(unknown));
    assertEquals(List.of(2L, 6L, 15L, 34L, 78L, 177L, 399L, 684L, 1365L, 2047L), held);
  }

  /** A run from before shapes were chosen so that they are close goes on as it began. */
  @Test
  void all_ofAFormerRun_areAsTheyWere() {
    TimedShapes former = shapes(5, 1000);
    assertEquals(WORKLOAD.sampled(4), former.contest(1));
    assertEquals(WORKLOAD.sampledTowardsShort(10), former.dispatch());
    assertEquals(WORKLOAD.sampled(6), former.reported());
    List<Instance> unknown = WORKLOAD.instances().subList(1, 2047);
    assertEquals(WORKLOAD.withInstances(unknown).sampled(2), former.heldOut(unknown));
    assertEquals(0, former.seconds());
    former.remark();
    assertEquals("", said.toString(StandardCharsets.UTF_8));
  }
}
