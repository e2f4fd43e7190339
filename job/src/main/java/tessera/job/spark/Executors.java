package tessera.job.spark;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.broadcast.Broadcast;
import scala.Tuple2;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag$;
import tessera.Json;
import tessera.job.spark.watch.ClusterWatch;
import tessera.measure.Deadline;

/** The executors of this job, and which of them has which hardware as far as that is known. */
final class Executors {
  private final ClusterWatch watch;

  /** Whether an executor has some hardware, by its fingerprint; absent where nobody looked. */
  private final Map<String, Map<Executor, Boolean>> having = new ConcurrentHashMap<>();

  private final Set<Executor> slow = ConcurrentHashMap.newKeySet();

  Executors(ClusterWatch watch) {
    this.watch = watch;
  }

  /** What is sent but once to each executor. */
  Broadcast<String> broadcast(String text) {
    return JavaSparkContext.fromSparkContext(watch.context()).broadcast(text);
  }

  /** Those that tasks can be sent to now, in order. */
  List<Executor> alive() {
    List<Executor> alive = new ArrayList<>();
    boolean local = areFixed();
    watch
        .context()
        .env()
        .blockManager()
        .master()
        .getMemoryStatus()
        .keysIterator()
        .foreach(
            manager -> {
              if (local || !manager.isDriver()) {
                alive.add(Executor.of(manager));
              }
              return null;
            });
    alive.sort(Comparator.comparing(Executor::id));
    return alive;
  }

  /** Whether none ever comes or goes: the embedded Spark has one. */
  boolean areFixed() {
    return watch.context().isLocal();
  }

  /** Whether somebody looked at its hardware. */
  boolean isKnown(Executor executor) {
    return having.values().stream().anyMatch(known -> known.containsKey(executor));
  }

  void note(Executor executor, String fingerprint, boolean has) {
    having.computeIfAbsent(fingerprint, key -> new ConcurrentHashMap<>()).put(executor, has);
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
      Function<Request, Answer> task) {
    List<Tuple2<Request, Seq<String>>> placed = new ArrayList<>();
    for (int i = 0; i < requests.size(); i++) {
      placed.add(new Tuple2<>(new Request(requests.get(i), until), seq(places.get(i))));
    }
    JavaRDD<Request> asked =
        watch
            .context()
            .<Request>makeRDD(seq(placed), ClassTag$.MODULE$.apply(Request.class))
            .toJavaRDD();
    Map<String, Executor> named = new ConcurrentHashMap<>();
    ClusterWatch.Answered answered =
        watch.answers(
            purpose,
            until,
            grace,
            asked.map(request -> Json.line(task.call(request))),
            () -> {
              alive().forEach(executor -> named.put(executor.id(), executor));
              return able.get().stream().map(Executor::id).collect(Collectors.toSet());
            });
    Map<Executor, Double> stragglers = new HashMap<>();
    answered
        .stragglers()
        .forEach(
            (id, seconds) ->
                Optional.ofNullable(named.get(id))
                    .ifPresent(executor -> stragglers.put(executor, seconds)));
    return new Asked(
        answered.answers().stream()
            .map(answer -> answer.map(line -> Json.record(line, Answer.class)))
            .toList(),
        stragglers,
        answered.failure());
  }

  private static <T> Seq<T> seq(List<T> list) {
    return CollectionConverters.asScala(list).toSeq();
  }
}
