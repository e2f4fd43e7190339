package tessera.job.spark;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.spark.api.java.function.Function;
import org.junit.jupiter.api.Test;
import tessera.EnvironmentFault;
import tessera.job.search.MadeUpMachine;
import tessera.measure.Deadline;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/** Which executors are left out, by answers that are made up. */
final class LeavingOutTest {
  private static final Executor A = new Executor("1", "a-host");
  private static final Executor B = new Executor("2", "b-host");
  private static final String HARDWARE = MadeUpMachine.TARGET.fingerprint();

  /** What was asked in one job, and where. */
  private record Job(List<String> requests, Set<List<String>> places) {}

  /** Jobs that come to what a test says, one after the other. */
  private static final class MadeUpJobs implements Executors.Jobs {
    private final List<Executor> alive = new ArrayList<>(List.of(A, B));
    private final Deque<Executors.Asked> ends = new ArrayDeque<>();
    private final List<Job> asked = new ArrayList<>();

    void end(Map<Executor, Double> stragglers, Answer... answers) {
      end(stragglers, List.of(answers).stream().map(Optional::of).toList());
    }

    void end(Map<Executor, Double> stragglers, List<Optional<Answer>> answers) {
      ends.add(new Executors.Asked(answers, stragglers, Optional.empty()));
    }

    @Override
    public Station.Shared share(String text) {
      return () -> text;
    }

    @Override
    public List<Executor> alive() {
      return alive;
    }

    @Override
    public boolean areFixed() {
      return false;
    }

    @Override
    public Executors.Asked ask(
        String purpose,
        Deadline until,
        Duration grace,
        List<String> requests,
        List<List<String>> places,
        Supplier<List<Executor>> able,
        Function<Request, Answer> task) {
      asked.add(new Job(requests, Set.copyOf(places)));
      return ends.remove();
    }
  }

  private final MadeUpJobs jobs = new MadeUpJobs();
  private final Executors executors = new Executors(jobs);
  private final HeardEvents heard = new HeardEvents();
  private final RunTasks tasks;

  LeavingOutTest() {
    Workload workload = MadeUpMachine.WORKLOAD;
    Station.Context context =
        new Station.Context(
            WorkloadSpec.of(workload), workload.sampled(), MadeUpMachine.TARGET, 1, 30);
    tasks = new RunTasks(executors, context, heard);
  }

  private static Answer by(Executor executor, Answer.Status status, String text) {
    return new Answer(status, text, executor, 0);
  }

  private static Answer done(Executor executor) {
    return by(executor, Answer.Status.DONE, "1");
  }

  private List<Optional<Answer>> answers(Deadline until, int... requests) {
    List<Integer> all = Arrays.stream(requests).boxed().toList();
    return tasks.answers("ask", until, all, (station, request, left) -> request);
  }

  private static Set<List<String>> only(Executor executor) {
    return Set.of(List.of(executor.location()));
  }

  @Test
  void answers_whereNothingIsKnown_areAskedAnywhere() {
    jobs.end(Map.of(), done(A), done(B));
    assertEquals(
        List.of(Optional.of(done(A)), Optional.of(done(B))), answers(Deadline.NEVER, 1, 2));
    assertEquals(List.of(new Job(List.of("1", "2"), Set.of(List.of()))), jobs.asked);
  }

  @Test
  void answers_othersDidFarSoonerWhatAStragglerHadNot_leaveItOut() {
    jobs.end(Map.of(A, 40.0), List.of(Optional.of(done(B)), Optional.empty()));
    jobs.end(Map.of(), done(B));
    jobs.end(Map.of(), done(B));
    assertEquals(
        List.of(Optional.of(done(B)), Optional.of(done(B))), answers(Deadline.NEVER, 1, 2));
    answers(Deadline.NEVER, 3);
    assertEquals(
        List.of(
            new Job(List.of("1", "2"), Set.of(List.of())),
            new Job(List.of("2"), only(B)),
            new Job(List.of("3"), only(B))),
        jobs.asked);
    assertEquals(
        List.of(
            A
                + " is left out while there are others: others did in 0 s what it had not done in 40 s"),
        heard.remarks);
  }

  @Test
  void answers_othersTakeAsLong_leaveNobodyOut() {
    jobs.end(Map.of(A, 1e-9), List.of(Optional.empty()));
    jobs.end(Map.of(), done(B));
    answers(Deadline.NEVER, 1);
    assertEquals(List.of(A, B), executors.able(HARDWARE, Set.of()));
    assertEquals(List.of(), heard.remarks);
  }

  @Test
  void answers_othersGiveItUpOrComeTooLate_leaveNobodyOut() {
    jobs.end(Map.of(A, 40.0), List.of(Optional.empty()));
    jobs.end(Map.of(), by(B, Answer.Status.GIVEN_UP, "it died"));
    answers(Deadline.NEVER, 1);
    jobs.end(Map.of(A, 40.0), List.of(Optional.empty()));
    jobs.end(Map.of(), done(B));
    answers(Deadline.in(-1), 1);
    assertEquals(List.of(A, B), executors.able(HARDWARE, Set.of()));
    assertEquals(List.of(), heard.remarks);
  }

  @Test
  void answers_othersCanWhatOneCannot_leaveItOut() {
    jobs.end(Map.of(), by(A, Answer.Status.MISTAKE, "there is no room"));
    jobs.end(Map.of(), done(B));
    assertEquals(List.of(Optional.of(done(B))), answers(Deadline.NEVER, 1));
    assertEquals(only(B), jobs.asked.get(1).places());
    assertEquals(List.of(B), executors.able(HARDWARE, Set.of()));
    assertEquals(
        List.of(
            A
                + " is left out while there are others: others could do what it could not: there is no room"),
        heard.remarks);
  }

  @Test
  void answers_executorOfOtherHardware_isToldOnceAndNeverAskedAgain() {
    Answer elsewhere = by(A, Answer.Status.ELSEWHERE, "Other");
    jobs.end(Map.of(), elsewhere, elsewhere);
    jobs.end(Map.of(), done(B), done(B));
    answers(Deadline.NEVER, 1, 2);
    assertEquals(new Job(List.of("1", "2"), only(B)), jobs.asked.get(1));
    assertEquals(
        List.of(
            A
                + " came while the run was under way and does not take part, which tunes for "
                + MadeUpMachine.TARGET.words()
                + ": Other"),
        heard.remarks);
  }

  @Test
  void answers_noExecutorWithTheHardwareIsLeft_endInAFault() {
    jobs.alive.remove(B);
    jobs.end(Map.of(), by(A, Answer.Status.ELSEWHERE, "Other"));
    EnvironmentFault fault = assertThrows(EnvironmentFault.class, () -> answers(Deadline.NEVER, 1));
    assertEquals(
        "no executor with " + MadeUpMachine.TARGET.words() + " is left in the cluster",
        fault.getMessage());
  }

  @Test
  void answers_executorsWaitedForDevicesOfOthers_sayTheMeanOverDevices() {
    tasks.note(A, "gpu-0");
    tasks.note(B, "gpu-0");
    jobs.end(Map.of(), done(A).after(1e-9), done(B).after(3e-9));
    answers(Deadline.NEVER, 1, 2);
    assertEquals(1, heard.waits.size());
    assertEquals(2e-9, heard.waits.get(0), 1e-12);
    jobs.end(Map.of(), done(A), done(B));
    answers(Deadline.NEVER, 1, 2);
    assertEquals(1, heard.waits.size(), "nobody waited");
  }

  @Test
  void answers_executorsWaitedForTheSameDevice_sayNoMoreThanTheTimeThatItTook() {
    jobs.end(Map.of(), done(A).after(1e6), done(B).after(1e6));
    long begin = System.nanoTime();
    answers(Deadline.NEVER, 1, 2);
    assertTrue(heard.waits.get(0) <= 1e-9 * (System.nanoTime() - begin), heard.waits + " s");
  }

  @Test
  void able_slowOnesAlone_areAskedAllTheSame() {
    assertTrue(executors.leaveOut(A));
    assertFalse(executors.leaveOut(A), "it is out already");
    assertEquals(List.of(B), executors.able(HARDWARE, Set.of()));
    assertEquals(List.of(A, B), executors.able(HARDWARE, Set.of(B)));
    assertTrue(tasks.areOthers(A));
    assertFalse(tasks.areOthers(B));
    jobs.alive.remove(B);
    assertEquals(List.of(A), executors.able(HARDWARE, Set.of()));
    assertEquals(List.of(), executors.places(HARDWARE, Set.of()));
  }
}
