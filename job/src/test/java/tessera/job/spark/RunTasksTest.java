package tessera.job.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tessera.EnvironmentFault;
import tessera.UserError;
import tessera.backend.cpu.CpuBackend;
import tessera.backend.cpu.Narrowing;
import tessera.job.search.MadeUpMachine;
import tessera.job.spark.watch.ClusterWatch;
import tessera.measure.Deadline;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/** On the embedded Spark, with one thread, whose tasks run one after the other. */
final class RunTasksTest {
  private static final String MASTER = "spark.master";
  private static final AtomicInteger ERRORS_LEFT = new AtomicInteger();
  private static final AtomicInteger MISTAKES = new AtomicInteger();

  /** Tasks run in the process of the test. */
  private static volatile Thread asking = Thread.currentThread();

  private final HeardEvents heard = new HeardEvents();
  private Optional<String> master;
  private ClusterWatch watch;
  private RunTasks tasks;

  @BeforeEach
  void start() throws IOException {
    Narrowing.assumeNarrower();
    master = Optional.ofNullable(System.getProperty(MASTER));
    System.setProperty(MASTER, "local[1]");
    watch = Sessions.watched(Duration.ofMinutes(1));
    Workload workload = MadeUpMachine.WORKLOAD;
    Station.Context context =
        new Station.Context(
            WorkloadSpec.of(workload), workload.sampled(), CpuBackend.detect().target(), 1, 30);
    tasks = new RunTasks(new Executors(new SparkJobs(watch)), context, heard);
  }

  @AfterEach
  void stop() {
    if (watch != null) {
      watch.close();
      System.clearProperty(MASTER);
      master.ifPresent(before -> System.setProperty(MASTER, before));
    }
  }

  private static Object answer(Station station, String request, Deadline until) {
    if (request.equals("\"throw\"")) {
      throw new IllegalStateException("it fails");
    }
    if (request.equals("\"mistake\"")) {
      MISTAKES.incrementAndGet();
      throw new UserError("there is no room");
    }
    if (request.equals("\"err\"") && ERRORS_LEFT.getAndDecrement() > 0) {
      throw new AssertionError("it errs");
    }
    if (request.equals("\"interrupt\"")) {
      asking.interrupt();
      hang();
    }
    return request;
  }

  private static void hang() {
    try {
      Thread.sleep(Duration.ofDays(1).toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private List<Optional<Answer.Status>> statuses(String... requests) {
    return tasks.answers("ask", Deadline.NEVER, List.of(requests), RunTasksTest::answer).stream()
        .map(answer -> answer.map(Answer::status))
        .toList();
  }

  @Test
  void answers_taskThatThrows_isGivenUpWithTheException() {
    Answer answer =
        tasks
            .answers("ask", Deadline.NEVER, List.of("throw"), RunTasksTest::answer)
            .get(0)
            .orElseThrow();
    assertEquals(Answer.Status.GIVEN_UP, answer.status());
    assertEquals("java.lang.IllegalStateException: it fails", answer.text());
    assertEquals(List.of(), heard.remarks);
  }

  @Test
  void answers_mistakeWhereThereAreNoOthers_isToldAndNotAskedAgain() {
    MISTAKES.set(0);
    assertEquals(
        List.of(Optional.of(Answer.Status.DONE), Optional.empty()), statuses("a", "mistake"));
    assertEquals(1, MISTAKES.get());
    assertEquals(
        List.of("executor driver on localhost cannot work: there is no room"), heard.remarks);
  }

  @Test
  void answers_mistakesAlone_endInTheFirst() {
    UserError mistake = assertThrows(UserError.class, () -> statuses("mistake", "mistake"));
    assertEquals("there is no room", mistake.getMessage());
  }

  @Test
  void answers_jobThatFailsOnce_areAskedAgain() {
    ERRORS_LEFT.set(1);
    Optional<Answer.Status> done = Optional.of(Answer.Status.DONE);
    assertEquals(List.of(done, done, done), statuses("a", "err", "b"));
    assertEquals(1, heard.remarks.size(), heard.remarks::toString);
    assertTrue(
        heard.remarks.get(0).startsWith("\"ask\" failed on the way: "), heard.remarks::toString);
  }

  @Test
  void answers_interruptAfterAFailure_endsThemAndIsNoSecondFailure() {
    ERRORS_LEFT.set(1);
    asking = Thread.currentThread();
    EnvironmentFault fault =
        assertThrows(EnvironmentFault.class, () -> statuses("a", "err", "b", "interrupt"));
    assertTrue(Thread.interrupted(), "the interrupt is kept");
    assertEquals("the run was interrupted in \"ask\"", fault.getMessage());
    assertEquals(1, heard.remarks.size(), heard.remarks::toString);
  }

  /** The task after the one that fails may still begin before Spark gives the job up. */
  @Test
  void answers_jobThatFailsTwice_areThoseThatCame() {
    ERRORS_LEFT.set(2);
    assertEquals(
        List.of(Optional.of(Answer.Status.DONE), Optional.empty()),
        statuses("a", "err", "b").subList(0, 2));
    assertEquals(2, heard.remarks.size(), heard.remarks::toString);
  }
}
