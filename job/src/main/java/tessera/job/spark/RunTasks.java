package tessera.job.spark;

import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import tessera.Digest;
import tessera.EnvironmentFault;
import tessera.Json;
import tessera.UserError;
import tessera.backend.Target;
import tessera.job.records.RunEvents;
import tessera.job.spark.tables.SparkFailures;
import tessera.measure.Deadline;
import tessera.measure.Patience;

/**
 * The tasks of one run, on the executors that have its hardware. What a task is asked and answers
 * are lines of JSON, which every serialiser takes; what all have in common travels once to each
 * executor.
 */
final class RunTasks {
  /** Between two rounds in which no executor could do anything. */
  private static final long PAUSE_MILLIS = 200;

  /** An executor that is less behind others may have been held up by what else its host did. */
  private static final int TIMES_SLOWER = 3;

  private final Executors executors;
  private final Target target;
  private final String id;
  private final Station.Shared context;
  private final RunEvents events;

  /** How long a task may go on that began in time. */
  private final Duration grace;

  /** Executors with other hardware of which somebody was told. */
  private final Set<Executor> told = ConcurrentHashMap.newKeySet();

  /**
   * @param events hears of executors that cannot take part, and of waits for devices
   */
  RunTasks(Executors executors, Station.Context context, RunEvents events) {
    String text = Json.line(context);
    this.executors = executors;
    this.target = context.target();
    this.id = Digest.of(text);
    this.context = executors.jobs().share(text);
    this.events = events;
    Patience patience = Patience.of(context.budgetSeconds());
    this.grace = patience.build().plus(Patience.START).plus(patience.trial()).plus(patience.step());
  }

  /**
   * What becomes of each request. What comes to an executor with other hardware, or to one that is
   * far slower than others, is sent again to others; what a failure of the job left unanswered, or
   * an executor cannot do, is asked once more.
   *
   * @param purpose of all, in a few words
   * @param until when the last may begin
   * @return an answer for each that is done or given up; empty where no executor came to it in time
   * @throws UserError where a task finds a mistake, and none is done
   * @throws EnvironmentFault where no executor with the hardware is left
   */
  List<Optional<Answer>> answers(
      String purpose, Deadline until, List<?> requests, Station.Work work) {
    PendingRequests pending = new PendingRequests(requests.stream().map(Json::line).toList());
    Map<Executor, Double> stragglers = Map.of();
    boolean failed = false;
    while (!pending.isEmpty()) {
      long begin = System.nanoTime();
      Set<Executor> avoided = pending.mistaken(stragglers.keySet());
      Executors.Asked asked = ask(purpose, until, pending.lines(), work, avoided, failed);
      if (!until.isOver() && asked.isDone()) {
        judge(stragglers, 1e-9 * (System.nanoTime() - begin));
      }
      stragglers = asked.stragglers();
      boolean unanswered = !stragglers.isEmpty() || (asked.failure().isPresent() && !failed);
      failed |= asked.failure().isPresent();
      tellWaits(asked.answers(), 1e-9 * (System.nanoTime() - begin));
      int before = pending.count();
      pending.take(
          asked.answers(),
          unanswered,
          executor -> !until.isOver() && areOthers(executor),
          this::leaveOut);
      if (pending.count() == before) {
        awaitHardware();
      }
    }
    tell(pending.mistakes(), pending.done());
    return pending.done();
  }

  /**
   * @param most executors may have waited together for a device that they share
   */
  private void tellWaits(List<Optional<Answer>> answers, double most) {
    double waited =
        answers.stream().flatMap(Optional::stream).mapToDouble(Answer::waitedSeconds).sum();
    if (waited > 0) {
      events.waited(Math.min(most, waited / devices()));
    }
  }

  /** A failure is told, and thrown where nothing is answered yet. */
  private Executors.Asked ask(
      String purpose,
      Deadline until,
      List<String> lines,
      Station.Work work,
      Set<Executor> avoided,
      boolean failed) {
    try {
      Executors.Asked asked = ask(purpose, until, lines, work, avoided);
      asked.failure().ifPresent(failure -> remarkFailure(purpose, failure));
      return asked;
    } catch (RuntimeException e) {
      if (!failed || Thread.currentThread().isInterrupted()) {
        throw e;
      }
      remarkFailure(purpose, e);
      return new Executors.Asked(
          Collections.nCopies(lines.size(), Optional.empty()), Map.of(), Optional.of(e));
    }
  }

  private void remarkFailure(String purpose, RuntimeException failure) {
    events.remark("\"" + purpose + "\" failed on the way: " + SparkFailures.reason(failure));
  }

  private Executors.Asked ask(
      String purpose,
      Deadline until,
      List<String> lines,
      Station.Work work,
      Set<Executor> avoided) {
    List<String> places = executors.places(target.fingerprint(), avoided);
    String which = id;
    Station.Shared shared = context;
    return executors
        .jobs()
        .ask(
            purpose,
            until,
            grace,
            lines,
            Collections.nCopies(lines.size(), places),
            () -> executors.able(target.fingerprint(), avoided),
            line -> Station.answer(which, shared, work, line));
  }

  /** How many devices of the run's hardware executors are known to have; at least one. */
  int devices() {
    return Math.max(1, executors.devices(target.fingerprint()));
  }

  /** An executor has a device of the run's hardware. */
  void note(Executor executor, String device) {
    executors.noteDevices(executor, target.fingerprint(), List.of(device));
  }

  /** Whether others would do it in time too. */
  boolean areOthers(Executor executor) {
    // where there are none, all count as able, and this one with them
    List<Executor> able = executors.able(target.fingerprint(), Set.of(executor));
    return !able.isEmpty() && !able.contains(executor);
  }

  /**
   * An executor was slow, and not what it did, if others have done all of the same since, in far
   * less time.
   *
   * @param seconds of the others
   */
  private void judge(Map<Executor, Double> stragglers, double seconds) {
    stragglers.forEach(
        (executor, waited) -> {
          if (seconds < waited / TIMES_SLOWER) {
            leaveOut(
                executor,
                String.format(
                    Locale.ROOT,
                    "others did in %.0f s what it had not done in %.0f s",
                    seconds,
                    waited));
          }
        });
  }

  /** Sends no more to an executor while there are others. */
  void leaveOut(Executor executor, String reason) {
    if (executors.leaveOut(executor)) {
      events.remark(executor + " is left out while there are others: " + reason);
    }
  }

  /**
   * What some executors lack does not end a run that others can go on with.
   *
   * @param mistakes the first that was found in each request
   */
  private void tell(Map<Integer, Answer> mistakes, List<Optional<Answer>> done) {
    if (!mistakes.isEmpty() && done.stream().allMatch(Optional::isEmpty)) {
      throw new UserError(mistakes.values().iterator().next().text());
    }
    mistakes.forEach(
        (request, mistake) -> {
          if (done.get(request).isPresent()) {
            leaveOut(mistake.executor(), "others could do what it could not: " + mistake.text());
          }
        });
    mistakes.entrySet().stream()
        .filter(mistake -> done.get(mistake.getKey()).isEmpty())
        .map(Map.Entry::getValue)
        .map(mistake -> mistake.executor() + " cannot work: " + mistake.text())
        .distinct()
        .forEach(events::remark);
  }

  private void leaveOut(Answer answer) {
    boolean known = executors.isKnown(answer.executor());
    executors.note(answer.executor(), target.fingerprint(), false);
    if (!known && told.add(answer.executor())) {
      events.remark(
          answer.executor()
              + " came while the run was under way and does not take part, which tunes for "
              + target.words()
              + ": "
              + answer.text());
    }
  }

  private void awaitHardware() {
    if (!executors.areLeftFor(target.fingerprint())) {
      throw new EnvironmentFault("no executor with " + target.words() + " is left in the cluster");
    }
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EnvironmentFault("the run was interrupted while it waited for executors", e);
    }
  }
}
