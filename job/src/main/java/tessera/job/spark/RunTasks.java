package tessera.job.spark;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.spark.broadcast.Broadcast;
import tessera.Digest;
import tessera.EnvironmentFault;
import tessera.Json;
import tessera.UserError;
import tessera.backend.Target;
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

  private final Executors executors;
  private final Target target;
  private final String id;
  private final Broadcast<String> context;
  private final Consumer<String> remarks;

  /** How long a task may go on that began in time. */
  private final Duration grace;

  /** Executors with other hardware of which somebody was told. */
  private final Set<Executor> told = new HashSet<>();

  /**
   * @param remarks hears of executors that cannot take part
   */
  RunTasks(Executors executors, Station.Context context, Consumer<String> remarks) {
    String text = Json.line(context);
    this.executors = executors;
    this.target = context.target();
    this.id = Digest.of(text);
    this.context = executors.broadcast(text);
    this.remarks = remarks;
    Patience patience = Patience.of(context.budgetSeconds());
    this.grace = patience.build().plus(patience.trial()).plus(patience.step());
  }

  /**
   * What becomes of each request. What comes to an executor with other hardware is sent again, to
   * those that have the run's.
   *
   * @param purpose of all, in a few words
   * @param until when the last may begin
   * @return an answer for each that is done or given up; empty where no executor came to it in time
   * @throws UserError where a task finds a mistake
   * @throws EnvironmentFault where no executor with the hardware is left
   */
  List<Optional<Answer>> answers(
      String purpose, Deadline until, List<?> requests, Station.Work work) {
    List<String> lines = requests.stream().map(Json::line).toList();
    List<Optional<Answer>> done =
        new ArrayList<>(Collections.nCopies(lines.size(), Optional.empty()));
    List<Integer> left = IntStream.range(0, lines.size()).boxed().toList();
    while (!left.isEmpty()) {
      List<Optional<Answer>> answers =
          ask(purpose, until, left.stream().map(lines::get).toList(), work);
      List<Integer> elsewhere = new ArrayList<>();
      for (int i = 0; i < answers.size(); i++) {
        int place = left.get(i);
        answers
            .get(i)
            .ifPresent(
                answer -> {
                  if (isDone(answer)) {
                    done.set(place, Optional.of(answer));
                  } else {
                    elsewhere.add(place);
                  }
                });
      }
      if (elsewhere.size() == left.size()) {
        awaitHardware();
      }
      left = elsewhere;
    }
    return done;
  }

  private List<Optional<Answer>> ask(
      String purpose, Deadline until, List<String> lines, Station.Work work) {
    List<String> places = executors.places(target.fingerprint());
    String which = id;
    Broadcast<String> shared = context;
    return executors.ask(
        purpose,
        until,
        grace,
        lines,
        Collections.nCopies(lines.size(), places),
        line -> Station.answer(which, shared::value, work, line));
  }

  private boolean isDone(Answer answer) {
    return switch (answer.status()) {
      case DONE, GIVEN_UP -> true;
      case MISTAKE -> throw new UserError(answer.text());
      case ELSEWHERE -> {
        leaveOut(answer);
        yield false;
      }
    };
  }

  private void leaveOut(Answer answer) {
    boolean known = executors.isKnown(answer.executor());
    executors.note(answer.executor(), target.fingerprint(), false);
    if (!known && told.add(answer.executor())) {
      remarks.accept(
          answer.executor()
              + " came while the run was under way and does not take part, which tunes for "
              + Station.words(target)
              + ": "
              + answer.text());
    }
  }

  private void awaitHardware() {
    if (!executors.areLeftFor(target.fingerprint())) {
      throw new EnvironmentFault(
          "no executor with " + Station.words(target) + " is left in the cluster");
    }
    try {
      Thread.sleep(PAUSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EnvironmentFault("the run was interrupted while it waited for executors", e);
    }
  }
}
