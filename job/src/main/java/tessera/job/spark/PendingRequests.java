package tessera.job.spark;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/** Requests that are asked together: what became of them, and which are to be asked again. */
final class PendingRequests {
  private final List<String> all;
  private final List<Optional<Answer>> done;

  /** The first mistake that was found in each request. */
  private final Map<Integer, Answer> mistakes = new TreeMap<>();

  private final Set<Executor> mistaken = new HashSet<>();
  private List<Integer> left;

  PendingRequests(List<String> all) {
    this.all = all;
    this.done = new ArrayList<>(Collections.nCopies(all.size(), Optional.empty()));
    this.left = IntStream.range(0, all.size()).boxed().toList();
  }

  boolean isEmpty() {
    return left.isEmpty();
  }

  int count() {
    return left.size();
  }

  /** Those that are to be asked. */
  List<String> lines() {
    return left.stream().map(all::get).toList();
  }

  /** For each request its answer, where it is done or given up. */
  List<Optional<Answer>> done() {
    return done;
  }

  /** By the place of the request. */
  Map<Integer, Answer> mistakes() {
    return mistakes;
  }

  /** Executors that found a mistake which others are asked about, and some others. */
  Set<Executor> mistaken(Set<Executor> others) {
    Set<Executor> both = new HashSet<>(mistaken);
    both.addAll(others);
    return both;
  }

  /**
   * Takes the answers to what is pending, of which the rest is pending then.
   *
   * @param unanswered whether what has no answer is asked again
   * @param mayOthers whether others than an executor would do it in time
   * @param elsewhere hears of answers by executors with other hardware
   */
  void take(
      List<Optional<Answer>> answers,
      boolean unanswered,
      Predicate<Executor> mayOthers,
      Consumer<Answer> elsewhere) {
    List<Integer> again = new ArrayList<>();
    for (int i = 0; i < answers.size(); i++) {
      int request = left.get(i);
      Optional<Answer> answer = answers.get(i);
      boolean asked =
          answer.map(said -> isAskedAgain(request, said, mayOthers, elsewhere)).orElse(unanswered);
      if (asked) {
        again.add(request);
      }
    }
    left = again;
  }

  private boolean isAskedAgain(
      int request, Answer answer, Predicate<Executor> mayOthers, Consumer<Answer> elsewhere) {
    return switch (answer.status()) {
      case DONE, GIVEN_UP -> {
        done.set(request, Optional.of(answer));
        yield false;
      }
      case MISTAKE -> {
        boolean isFirst = mistakes.putIfAbsent(request, answer) == null;
        boolean again = isFirst && mayOthers.test(answer.executor());
        if (again) {
          mistaken.add(answer.executor());
        }
        yield again;
      }
      case ELSEWHERE -> {
        elsewhere.accept(answer);
        yield true;
      }
    };
  }
}
