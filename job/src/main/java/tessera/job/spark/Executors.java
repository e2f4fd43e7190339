package tessera.job.spark;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.spark.api.java.function.Function;
import tessera.measure.Deadline;

/** The executors of this job, and which of them has which hardware as far as that is known. */
final class Executors {
  /**
   * What a job of requests came to.
   *
   * @param answers one for each request; empty where there was no time for it
   * @param stragglers executors that held up the job until it was ended, and for how many seconds:
   *     what has no answer can be asked elsewhere
   * @param failure that ended the job after some answers
   */
  record Asked(
      List<Optional<Answer>> answers,
      Map<Executor, Double> stragglers,
      Optional<RuntimeException> failure) {
    /** Whether all was done. */
    boolean isDone() {
      return answers.stream()
          .allMatch(answer -> answer.filter(a -> a.status() == Answer.Status.DONE).isPresent());
    }
  }

  /** Who does the jobs of a run. */
  interface Jobs {
    /** What is sent but once to each executor. */
    Station.Shared share(String text);

    /** Those that tasks can be sent to now, in order. */
    List<Executor> alive();

    /** Whether none ever comes or goes: the embedded Spark has one. */
    boolean areFixed();

    /**
     * Runs a task for each request.
     *
     * @param purpose of all, in a few words
     * @param until when the last may begin
     * @param grace how long one that has begun may go on after that
     * @param places where each is to run if that is possible, as Spark takes it
     * @param able executors that could do what others are slow to do
     */
    Asked ask(
        String purpose,
        Deadline until,
        Duration grace,
        List<String> requests,
        List<List<String>> places,
        Supplier<List<Executor>> able,
        Function<Request, Answer> task);
  }

  private final Jobs jobs;

  /** Whether an executor has some hardware, by its fingerprint; absent where nobody looked. */
  private final Map<String, Map<Executor, Boolean>> having = new ConcurrentHashMap<>();

  /** The names of devices of some hardware that executors have, by its fingerprint. */
  private final Map<String, Map<Executor, Set<String>>> devices = new ConcurrentHashMap<>();

  private final Set<Executor> slow = ConcurrentHashMap.newKeySet();

  Executors(Jobs jobs) {
    this.jobs = jobs;
  }

  Jobs jobs() {
    return jobs;
  }

  private List<Executor> alive() {
    return jobs.alive();
  }

  /** Whether somebody looked at its hardware. */
  boolean isKnown(Executor executor) {
    return having.values().stream().anyMatch(known -> known.containsKey(executor));
  }

  void note(Executor executor, String fingerprint, boolean has) {
    having.computeIfAbsent(fingerprint, key -> new ConcurrentHashMap<>()).put(executor, has);
  }

  /** An executor has devices of some hardware. */
  void noteDevices(Executor executor, String fingerprint, List<String> names) {
    devices
        .computeIfAbsent(fingerprint, key -> new ConcurrentHashMap<>())
        .computeIfAbsent(executor, key -> ConcurrentHashMap.newKeySet())
        .addAll(names);
  }

  /** Devices of some hardware that are known; those that executors of a host share count once. */
  int devices(String fingerprint) {
    Map<Executor, Set<String>> known = devices.getOrDefault(fingerprint, Map.of());
    return (int)
        alive().stream()
            .flatMap(
                executor ->
                    known.getOrDefault(executor, Set.of()).stream()
                        .map(name -> executor.host() + " " + name))
            .distinct()
            .count();
  }

  private boolean lacks(Executor executor, String fingerprint) {
    return Boolean.FALSE.equals(having.getOrDefault(fingerprint, Map.of()).get(executor));
  }

  /** Whether an executor may have some hardware. */
  boolean areLeftFor(String fingerprint) {
    return alive().stream().anyMatch(executor -> !lacks(executor, fingerprint));
  }

  /**
   * From now on nothing is sent to one that is far slower than others, while there are others.
   *
   * @return whether that is new
   */
  boolean leaveOut(Executor executor) {
    return slow.add(executor);
  }

  /**
   * Those that may have some hardware, without the slow ones where there are others.
   *
   * @param avoided others that count as slow
   */
  List<Executor> able(String fingerprint, Set<Executor> avoided) {
    List<Executor> having =
        alive().stream().filter(executor -> !lacks(executor, fingerprint)).toList();
    List<Executor> fast =
        having.stream()
            .filter(executor -> !slow.contains(executor) && !avoided.contains(executor))
            .toList();
    return fast.isEmpty() ? having : fast;
  }

  /**
   * Where tasks for some hardware are to run, as Spark takes it; empty where that is anywhere,
   * since nothing is known against any executor.
   */
  List<String> places(String fingerprint, Set<Executor> avoided) {
    List<Executor> able = able(fingerprint, avoided);
    return able.size() == alive().size()
        ? List.of()
        : able.stream().map(Executor::location).toList();
  }
}
