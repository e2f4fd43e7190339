package tessera.job.spark.learn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static tessera.job.search.MadeUpMachine.SPACE;
import static tessera.job.search.MadeUpMachine.TARGET;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.UserError;
import tessera.backend.Backends;
import tessera.backend.cpu.CpuDot;
import tessera.dispatch.DecisionTree;
import tessera.job.records.TrialLog;
import tessera.job.search.Learner;
import tessera.job.search.MadeUpMachine;
import tessera.job.spark.Sessions;
import tessera.job.spark.tables.ParquetTrialLog;
import tessera.job.spark.tables.RunFigures;
import tessera.job.spark.trace.SparkTraceReader;
import tessera.measure.Outcome;
import tessera.measure.TimingPolicy;
import tessera.microkernel.SearchSpace;
import tessera.operator.Operator;
import tessera.storage.Place;
import tessera.trial.Trial;
import tessera.workload.Instance;
import tessera.workload.Workload;
import tessera.workload.WorkloadFile;

/** MLlib training on made-up machines whose truth is known. */
final class SparkTrainingTest {
  /** Three scalars are four times as slow and prefetching helps, which the prior does not know. */
  private static final MadeUpMachine MACHINE =
      new MadeUpMachine(
          kernel ->
              (kernel.get("tileScalars") <= 3 ? 4 : 1) * (kernel.get("prefetch") == 1 ? 0.7 : 1));

  private static SparkSession spark;

  @BeforeAll
  static void start() {
    spark = Sessions.start();
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  @Test
  void shippedWorkloads_allParse_withTheirTraces() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("../conf/workloads"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Workload workload =
            WorkloadFile.read(Place.of(file), new SparkTraceReader(spark), Backends.all())
                .workload();
        assertEquals(file.getFileName().toString(), workload.name() + ".yaml");
        assertTrue(workload.sampled().size() >= 8, file.toString());
      }
    }
  }

  private static final Operator OPERATOR = MadeUpMachine.WORKLOAD.operator();

  private static TrialLog.Round round(int number, List<Trial> trials) {
    Learner.Scores scores = new Learner.Scores(0.5, 0.25, 1, 2);
    return new TrialLog.Round(
        number,
        trials,
        new Learner.Learned(kernel -> SPACE.family(kernel).prior(kernel), scores),
        0.75,
        new TrialLog.Times(1.5, 0.5, 2));
  }

  @Test
  void log_appendedRoundsInAFolderOfAnyName_areReadBackWhole(@TempDir Path parent) {
    Path folder = parent.resolve("a b%20c#[1]{x,y}*?^");
    SplittableRandom random = new SplittableRandom(3);
    List<Trial> first =
        List.of(MACHINE.measure(SPACE.sample(random)), MACHINE.measure(SPACE.sample(random)));
    Trial failed =
        new Trial(
            SPACE.sample(random),
            Outcome.INCORRECT,
            "one element",
            Map.of("registers", 96, "spill_bytes", 4),
            5,
            0,
            0,
            List.of(),
            "test",
            1_700_000_000_000_001L);
    ParquetTrialLog log =
        new ParquetTrialLog(
            Place.of(folder),
            OPERATOR,
            SPACE,
            TARGET,
            TimingPolicy.onCpu(TimingPolicy.TRIAL_ROUNDS, 1));
    assertEquals(0, log.nextRound());
    log.append(round(0, first));
    log.append(round(1, List.of(failed)));
    assertEquals(2, log.nextRound());
    List<Trial> read = log.read();
    assertEquals(
        List.of(first.get(0).kernel(), first.get(1).kernel(), failed.kernel()),
        read.stream().map(Trial::kernel).toList());
    assertEquals("one element", read.get(2).message());
    assertEquals(
        List.of(0L, 0L, 1_700_000_000_000_001L), read.stream().map(Trial::beganMicros).toList());
    assertEquals(failed.resources(), read.get(2).resources());
    assertEquals(first.get(1).timings().get(1).problem(), read.get(1).timings().get(1).problem());
    assertEquals(first.get(1).timings().get(1).nanos()[0], read.get(1).timings().get(1).nanos()[0]);
    assertArrayEquals(new double[] {0.5}, read.get(1).timings().get(1).observed().get("warmth"));
    RunFigures figures = RunFigures.read(spark, Place.of(folder));
    assertEquals(new RunFigures.Round(0, 2, 2, 0.75, 2, 0.5, 0.25, 1), figures.rounds().get(0));
    assertEquals(new RunFigures.Ending("OK", 2), figures.endings().get(0));
  }

  @Test
  void log_roundsInWhichNothingWasMeasured_areReadButNoLostRows(@TempDir Path folder)
      throws IOException {
    TimingPolicy policy = TimingPolicy.onCpu(TimingPolicy.TRIAL_ROUNDS, 1);
    Trial trial = MACHINE.measure(SPACE.sample(new SplittableRandom()));
    ParquetTrialLog log = new ParquetTrialLog(Place.of(folder), OPERATOR, SPACE, TARGET, policy);
    log.append(round(0, List.of()));
    assertEquals(List.of(), log.read());
    assertEquals(List.of(), RunFigures.read(spark, Place.of(folder)).endings());
    log.append(round(1, List.of(trial)));
    assertEquals(List.of(trial.kernel()), log.read().stream().map(Trial::kernel).toList());
    Path trials = folder.resolve("trials");
    FileUtils.deleteDirectory(trials.resolve("round=0001").toFile());
    FileUtils.copyDirectory(
        trials.resolve("round=0000").toFile(), trials.resolve("round=0001").toFile());
    UserError error = assertThrows(UserError.class, log::read);
    assertTrue(error.getMessage().contains("round=0001"), error.getMessage());
  }

  @Test
  void log_ofAnotherSearchSpace_isRefused(@TempDir Path folder) {
    TimingPolicy policy = TimingPolicy.onCpu(TimingPolicy.TRIAL_ROUNDS, 1);
    Trial trial = MACHINE.measure(SPACE.sample(new SplittableRandom(3)));
    new ParquetTrialLog(Place.of(folder), OPERATOR, SPACE, TARGET, policy)
        .append(round(0, List.of(trial)));
    SearchSpace other = new SearchSpace(List.of(new CpuDot(TARGET, MadeUpMachine.WORKLOAD)));
    ParquetTrialLog log = new ParquetTrialLog(Place.of(folder), OPERATOR, other, TARGET, policy);
    UserError error = assertThrows(UserError.class, log::read);
    assertTrue(error.getMessage().contains("does not search; begin a new run"), error.getMessage());
    assertFalse(SPACE.covers(trial.kernel().with("resident", 2)));
  }

  /** T of 1 to 128. */
  private static List<Instance> lengths() {
    return IntStream.rangeClosed(1, 128)
        .mapToObj(t -> new Instance(List.of((long) t), 1.0 / 128))
        .toList();
  }

  @Test
  void dispatch_twoKernelsThatCross_switchesWhereTheyCross() {
    double[][] seconds = new double[2][128];
    for (int i = 0; i < 128; i++) {
      seconds[0][i] = 10 + i;
      seconds[1][i] = 50 + 0.2 * i;
    }
    DecisionTree tree = SparkDispatch.train(spark, lengths(), seconds, 1);
    for (int t = 1; t <= 128; t++) {
      int chosen = tree.select(new long[] {t});
      assertTrue(
          seconds[chosen][t - 1] <= 1.02 * Math.min(seconds[0][t - 1], seconds[1][t - 1]),
          "T=" + t);
    }
    assertEquals(0, tree.select(new long[] {1}));
    assertEquals(1, tree.select(new long[] {1_000_000}));
  }

  /** As much as shapes beyond the range weigh. */
  @Test
  void dispatch_lightShapesBeyondTheRange_areServedWellAndChangeNothingWithin() {
    List<Instance> within = lengths().subList(0, 40);
    List<Instance> all = new ArrayList<>(within);
    for (long t = 41; t <= 80; t++) {
      all.add(new Instance(List.of(t), 0.05 / 128));
    }
    double[][] seconds = new double[2][80];
    for (int i = 0; i < 80; i++) {
      seconds[0][i] = i / 13 == 1 || i >= 40 ? 1.1 : 1;
      seconds[1][i] = i < 44 ? 1.05 : 0.95;
    }
    double[][] known =
        Arrays.stream(seconds).map(row -> Arrays.copyOf(row, 40)).toArray(double[][]::new);
    DecisionTree alone = SparkDispatch.train(spark, within, known, 1);
    DecisionTree wider = SparkDispatch.train(spark, all, seconds, 1);
    for (long t = 1; t <= 40; t++) {
      assertEquals(alone.select(new long[] {t}), wider.select(new long[] {t}), "T=" + t);
    }
    for (long t = 41; t <= 80; t++) {
      assertEquals(1, wider.select(new long[] {t}), "T=" + t);
    }
    assertEquals(0, alone.select(new long[] {80}));
  }

  @Test
  void dispatch_tilesThatFitByTurns_followsEveryTurn() {
    double[][] seconds = new double[2][128];
    for (int i = 0; i < 128; i++) {
      seconds[0][i] = i / 7 % 2 == 0 ? 1 : 1.2;
      seconds[1][i] = 1.1;
    }
    DecisionTree tree = SparkDispatch.train(spark, lengths(), seconds, 1);
    for (int t = 1; t <= 128; t++) {
      assertEquals((t - 1) / 7 % 2, tree.select(new long[] {t}), "T=" + t);
    }
  }

  /** MLlib peels such lengths off one kernel after the other, and stops at 30. */
  @Test
  void dispatch_aKernelForEveryOtherLength_isFoundHoweverDeepTheTree() {
    double[][] seconds = new double[64][128];
    for (int kernel = 0; kernel < 64; kernel++) {
      for (int i = 0; i < 128; i++) {
        seconds[kernel][i] = 1 + 0.1 * Math.abs(i / 2 - kernel);
      }
    }
    DecisionTree tree = SparkDispatch.train(spark, lengths(), seconds, 1);
    for (int t = 1; t <= 128; t++) {
      assertEquals((t - 1) / 2, tree.select(new long[] {t}), "T=" + t);
    }
  }

  @Test
  void dispatch_moreThanAThousandLengths_splitsBetweenAnyTwo() {
    List<Instance> many =
        IntStream.rangeClosed(1, 1500).mapToObj(t -> new Instance(List.of((long) t), 1)).toList();
    double[][] seconds = new double[2][1500];
    for (int i = 0; i < 1500; i++) {
      seconds[0][i] = i < 60 && i % 2 == 0 ? 1 : 2;
      seconds[1][i] = 3 - seconds[0][i];
    }
    DecisionTree tree = SparkDispatch.train(spark, many, seconds, 1);
    for (int t = 1; t <= 1500; t++) {
      assertEquals(t < 61 && t % 2 == 1 ? 0 : 1, tree.select(new long[] {t}), "T=" + t);
    }
  }

  @Test
  void dispatch_kernelForAlignedRows_servesTheseAlone() {
    double[][] seconds = new double[2][128];
    for (int i = 0; i < 128; i++) {
      seconds[0][i] = (i + 1) % 4 == 0 ? 1 : 3;
      seconds[1][i] = 2;
    }
    DecisionTree tree = SparkDispatch.train(spark, lengths(), seconds, 4);
    for (int t = 1; t <= 200; t++) {
      assertEquals(t % 4 == 0 ? 0 : 1, tree.select(new long[] {t}), "T=" + t);
    }
  }

  @Test
  void learn_truthThatThePriorLacks_ordersHeldOutKernelsBetterThanThePrior() {
    SplittableRandom random = new SplittableRandom(7);
    List<Trial> trials = new ArrayList<>();
    for (int i = 0; i < 160; i++) {
      trials.add(MACHINE.measure(SPACE.sample(random)));
    }
    Learner learner = new SparkLearner(spark, SPACE, TARGET.peakGflops());
    Learner.Scores scores = learner.learn(trials).scores();
    assertTrue(scores.heldOut() >= 15, scores.toString());
    assertTrue(scores.spearman() > 0.8, scores.toString());
    assertTrue(scores.spearman() > scores.priorSpearman(), scores.toString());
    learner.warmUp();
    assertEquals(scores, learner.learn(trials).scores(), "a warm learner learns the same");
  }
}
