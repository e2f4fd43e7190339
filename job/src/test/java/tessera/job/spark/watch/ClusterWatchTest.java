package tessera.job.spark.watch;

import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.apache.logging.log4j.Level;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.feature.LabeledPoint;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.ml.regression.DecisionTreeRegressor;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;
import tessera.EnvironmentFault;
import tessera.measure.Deadline;
import tessera.measure.Outcome;
import tessera.microkernel.MicroKernel;
import tessera.trial.Trial;

/** On one thread of this machine; what a cluster does to a run is tested with real ones. */
final class ClusterWatchTest {
  private static final Duration SOON = Duration.ofSeconds(2);

  private ClusterWatch watch;
  private JavaSparkContext spark;

  @BeforeEach
  void start() {
    start("local[1]");
  }

  private void start(String master) {
    SparkConf conf =
        new SparkConf()
            .set("spark.master", master)
            .set("spark.app.name", "test")
            .set("spark.ui.enabled", "false")
            .set("spark.scheduler.mode", "FAIR")
            .set("spark.kryo.registrationRequired", "false")
            .set("spark.driver.host", "localhost")
            .set("spark.driver.bindAddress", "127.0.0.1");
    watch = ClusterWatch.start(master, Duration.ofMinutes(1), () -> new SparkContext(conf));
    spark = JavaSparkContext.fromSparkContext(watch.context());
  }

  @AfterEach
  void stop() {
    watch.close();
  }

  private JavaRDD<String> requests(String... texts) {
    return spark.parallelize(List.of(texts), texts.length).map(ClusterWatchTest::answer);
  }

  private List<Optional<String>> answers(
      String purpose, Deadline until, Duration grace, JavaRDD<String> requests) {
    return watch.answers(purpose, until, grace, requests, Set::of).answers();
  }

  private static String answer(String request) throws InterruptedException {
    if (request.equals("hang")) {
      Thread.sleep(Duration.ofDays(1).toMillis());
    }
    if (request.equals("fail")) {
      // the driver hears of results and of failures on different threads: a result first needs time
      Thread.sleep(Duration.ofSeconds(1).toMillis());
      throw new IllegalStateException("it fails");
    }
    return request.toUpperCase(Locale.ROOT);
  }

  @Test
  void answers_ofAJobThatGoesWell_areAllThere() {
    assertEquals(
        List.of(Optional.of("A"), Optional.of("B")),
        answers("ask", Deadline.NEVER, SOON, requests("a", "b")));
  }

  @Test
  void answers_requestThatHangs_leavesThoseThatCameBefore() {
    assertEquals(
        List.of(Optional.of("A"), Optional.empty(), Optional.empty()),
        answers("ask", Deadline.in(0), SOON, requests("a", "hang", "b")));
    assertEquals(
        List.of(Optional.of("C")),
        answers("ask again", Deadline.in(SOON), SOON, requests("c")),
        "the thread is free again");
  }

  @Tag("thorough")
  @Test
  void answers_jobThatFailsAfterOne_leavesThatOneAndTheFailure() {
    ClusterWatch.Answered answered =
        watch.answers("ask", Deadline.NEVER, SOON, requests("a", "fail", "b"), Set::of);
    assertEquals(List.of(Optional.of("A"), Optional.empty(), Optional.empty()), answered.answers());
    assertTrue(
        answered.failure().orElseThrow().getMessage().contains("it fails"), answered::toString);
  }

  /**
   * @param heard hears the index of each
   */
  private void whenTasksStart(IntConsumer heard) {
    watch
        .context()
        .addSparkListener(
            new SparkListener() {
              @Override
              public void onTaskStart(SparkListenerTaskStart task) {
                heard.accept(task.taskInfo().index());
              }
            });
  }

  /** What tasks of {@link #taken} were asked, in order. */
  private static final Queue<String> TAKEN = new ConcurrentLinkedQueue<>();

  private static volatile CountDownLatch both = new CountDownLatch(0);

  private JavaRDD<String> taken(String... texts) {
    TAKEN.clear();
    return spark
        .parallelize(List.of(texts), texts.length)
        .map(
            text -> {
              both.await();
              TAKEN.add(text);
              Thread.sleep(20);
              return text;
            });
  }

  /**
   * While all threads have the first of some tasks, another job begins.
   *
   * @return the order in which the tasks were done
   */
  private String orderOf(JavaRDD<String> round, Runnable other) throws Exception {
    CountDownLatch scheduled = new CountDownLatch(1);
    both = scheduled;
    CountDownLatch first = new CountDownLatch(1);
    whenTasksStart(index -> first.countDown());
    FutureTask<Object> measured =
        new FutureTask<>(() -> answers("measure", Deadline.NEVER, SOON, round));
    new Thread(measured).start();
    first.await();
    FutureTask<Object> beside = new FutureTask<>(other, true);
    new Thread(beside).start();
    assertTimeoutPreemptively(
        Duration.ofMinutes(1),
        () -> {
          while (watch.context().taskScheduler().rootPool().getSortedTaskSetQueue().size() < 2) {
            Thread.sleep(10);
          }
        });
    scheduled.countDown();
    beside.get();
    measured.get();
    return String.join("", TAKEN);
  }

  @Test
  void answers_twoRoundsAtOnce_areMeasuredInOrder() throws Exception {
    watch.close();
    start("local[2]"); // on one thread a fair scheduler does the same
    JavaRDD<String> second = taken("A", "B", "C", "D");
    String order =
        orderOf(
            taken("a", "b", "c", "d", "e", "f"),
            () -> answers("measure", Deadline.NEVER, SOON, second));
    assertEquals(
        "ABCDabcdef", order.chars().sorted().mapToObj(Character::toString).collect(joining()));
    assertTrue(order.indexOf(order.replaceAll("[a-z]", "").charAt(0)) >= 5, order);
  }

  @Test
  void run_trainingWhileARoundIsMeasured_waitsForOneTaskOfIt() throws Exception {
    JavaRDD<String> training = taken("L");
    assertEquals(
        "aLbc", orderOf(taken("a", "b", "c"), () -> watch.run("train", training::collect)));
  }

  @Test
  void answers_lookThatFails_isFollowedByAnother() {
    AtomicInteger looks = new AtomicInteger();
    Duration several = Duration.ofSeconds(4);
    watch.answers(
        "ask",
        Deadline.in(0),
        several,
        requests("hang"),
        () -> {
          looks.incrementAndGet();
          throw new IllegalStateException("the look fails");
        });
    assertTrue(looks.get() > 1, looks + " looks");
  }

  @Test
  void answers_jobThatFailsBeforeAny_fails() {
    assertThrows(
        IllegalStateException.class,
        () -> answers("ask", Deadline.NEVER, SOON, requests("fail", "b")));
  }

  @Test
  void answers_callerThatIsInterrupted_endTheJobAndFail() {
    Thread caller = Thread.currentThread();
    whenTasksStart(
        index -> {
          if (index == 2) {
            caller.interrupt();
          }
        });
    EnvironmentFault fault =
        assertThrows(
            EnvironmentFault.class,
            () -> answers("ask", Deadline.NEVER, SOON, requests("a", "b", "hang")));
    assertTrue(Thread.interrupted(), "the interrupt is kept");
    assertEquals("the run was interrupted in \"ask\"", fault.getMessage());
    assertEquals(
        List.of(Optional.of("C")),
        answers("ask again", Deadline.in(0), Duration.ofSeconds(20), requests("c")),
        "the thread is free again");
  }

  @Test
  void run_actionThatHangs_endsWithTheRunAndSaysWhich() {
    watch.enters("round 7");
    watch.begins("made-up", -60, 1);
    EnvironmentFault fault =
        assertThrows(
            EnvironmentFault.class, () -> watch.run("write", () -> requests("hang").collect()));
    assertEquals(
        "\"round 7: write\" was not done when the run's time was over", fault.getMessage());
  }

  @Test
  void measured_roundAfterWhichAnotherBegan_isTheStepOfWhatFollows() {
    watch.enters("round 7");
    watch.enters("round 8");
    watch.measured("round 7", List.of(trial(Outcome.OK)), 0.5);
    assertEquals("round 7", MDC.get(RunJournal.STEP));
    assertEquals(
        "round 7: write",
        watch.run("write", () -> watch.context().getLocalProperty("callSite.short")));
  }

  @Test
  void run_inAThreadOfARound_logsWhatTheRoundIs() throws Exception {
    watch.begins("made-up", 60, 60);
    watch.enters("round 7");
    FutureTask<List<String>> marks =
        new FutureTask<>(
            () ->
                watch.run("ask", () -> List.of(MDC.get(RunJournal.RUN), MDC.get(RunJournal.STEP))));
    new Thread(marks).start();
    assertEquals(List.of("made-up", "round 7"), marks.get());
  }

  @Tag("thorough")
  @Test
  void run_actionThatIsNoneOfSpark_isInterrupted() {
    watch.begins("made-up", -60, 1);
    assertThrows(EnvironmentFault.class, () -> watch.run("wait", () -> answer("hang")));
    assertEquals("A", watch.run("ask", () -> requests("a").first()), "nothing is left of it");
  }

  @Test
  void run_contextThatSparkStops_saysThatIt() {
    EnvironmentFault fault =
        assertThrows(
            EnvironmentFault.class,
            () ->
                watch.run(
                    "ask",
                    () -> {
                      watch.context().stop();
                      return requests("a").first();
                    }));
    assertTrue(fault.getMessage().startsWith("Spark ended the run in \"ask\": "), fault::toString);
  }

  @Test
  void run_failureOfTheActionItself_isLeftAsItIs() {
    IllegalArgumentException mistake = new IllegalArgumentException("mine");
    assertEquals(
        mistake,
        assertThrows(
            IllegalArgumentException.class,
            () ->
                watch.run(
                    "fail",
                    () -> {
                      throw mistake;
                    })));
  }

  @Test
  void run_training_givesTheNameToAllStagesOfMllib() throws Exception {
    Set<String> names = ConcurrentHashMap.newKeySet();
    watch
        .context()
        .addSparkListener(
            new SparkListener() {
              @Override
              public void onStageSubmitted(SparkListenerStageSubmitted stage) {
                names.add(stage.stageInfo().name());
              }
            });
    List<LabeledPoint> points =
        IntStream.range(0, 32)
            .mapToObj(i -> new LabeledPoint(i % 3, Vectors.dense(i, i % 3)))
            .toList();
    watch.enters("round 3");
    watch.run(
        "train cost model",
        () -> {
          SparkSession session = SparkSession.builder().sparkContext(watch.context()).getOrCreate();
          return new DecisionTreeRegressor()
              .fit(session.createDataFrame(points, LabeledPoint.class));
        });
    watch.context().listenerBus().waitUntilEmpty();
    assertEquals(Set.of("round 3: train cost model"), names);
  }

  @Test
  void metrics_ofARound_countTrialsByOutcome() {
    RunMetrics metrics = new RunMetrics();
    metrics.measured(List.of(trial(Outcome.OK), trial(Outcome.OK), trial(Outcome.NOISY)), 0.5);
    metrics.best(3e-6);
    var registry = metrics.metricRegistry();
    assertEquals(2, registry.counter("trials.ok").getCount());
    assertEquals(1, registry.counter("trials.noisy").getCount());
    assertEquals(0, registry.counter("trials.incorrect").getCount());
    assertEquals(3.0, registry.getGauges().get("build.seconds").getValue());
    assertEquals(15.0, registry.getGauges().get("measure.seconds").getValue());
    assertEquals(0.5, registry.getGauges().get("device.busyShare").getValue());
    assertEquals(3e-6, registry.getGauges().get("best.weightedSeconds").getValue());
  }

  private static Trial trial(Outcome outcome) {
    MicroKernel kernel = new MicroKernel("made-up", Map.of("tileM", 16));
    long second = 1_000_000_000L;
    return new Trial(
        kernel, outcome, "", Map.of(), second, 2 * second, 3 * second, List.of(), "test");
  }

  @Test
  void events_ofALogOfDyingExecutors_areUnderstood() {
    ClusterEvents events = new ClusterEvents();
    events.heard(
        Level.INFO, "Executor added: app-1/0 on worker-7 (127.0.0.1:33371) with 2 core(s)");
    events.heard(Level.INFO, "Executor updated: app-1/0 is now RUNNING");
    assertEquals(0, events.deaths());
    events.heard(
        Level.INFO, "Executor updated: app-1/0 is now EXITED (Command exited with code 1)");
    assertEquals(1, events.deaths());
    assertEquals(
        Optional.of(
            new ClusterEvents.Death("app-1", "0", "worker-7", "Command exited with code 1")),
        events.lastDeath());
  }

  @Test
  void telling_ofAnExecutorsErrors_isWhatExplains() {
    assertEquals(
        "Unrecognized VM option 'NoSuchOption', Error: Could not create the Java Virtual Machine.",
        StandalonePages.telling(
            """
            ==== Bytes 0-1234 of 1234 of /work/app-1/0/stderr ====
            Spark Executor Command: "java" "-cp" "x" "-XX:NoSuchOption"
            ========================================

            Unrecognized VM option 'NoSuchOption'
            Error: Could not create the Java Virtual Machine.
            Error: A fatal exception has occurred. Program will exit.
            """));
    assertEquals(
        "Executor self-exiting due to : Unable to create executor, java.lang.X: y",
        StandalonePages.telling(
            """
            26/11/29 12:00:00 INFO CoarseGrainedExecutorBackend: Started daemon
            26/11/29 12:00:01 ERROR CoarseGrainedExecutorBackend: Executor self-exiting due to : Unable to create executor
            java.lang.X: y
            \tat a.b.c(D.java:1)
            """));
  }
}
