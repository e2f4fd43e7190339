package tessera.job.spark;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

/** Requests as jobs of Spark, with a task for each. */
record SparkJobs(ClusterWatch watch) implements Executors.Jobs {
  @Override
  public Station.Shared share(String text) {
    Broadcast<String> shared = JavaSparkContext.fromSparkContext(watch.context()).broadcast(text);
    return shared::value;
  }

  @Override
  public boolean areFixed() {
    return watch.context().isLocal();
  }

  @Override
  public List<Executor> alive() {
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

  @Override
  public Executors.Asked ask(
      String purpose,
      Deadline until,
      Duration grace,
      List<String> requests,
      List<List<String>> places,
      Supplier<List<Executor>> able,
      Function<Request, Answer> task) {
    Map<String, Executor> named = new ConcurrentHashMap<>();
    ClusterWatch.Answered answered =
        watch.answers(
            purpose,
            until,
            grace,
            placed(requests, places, until).map(request -> Json.line(task.call(request))),
            () -> {
              alive().forEach(executor -> named.put(executor.id(), executor));
              return able.get().stream().map(Executor::id).collect(Collectors.toSet());
            });
    return new Executors.Asked(
        answered.answers().stream()
            .map(answer -> answer.map(line -> Json.record(line, Answer.class)))
            .toList(),
        stragglers(answered, named),
        answered.failure());
  }

  private JavaRDD<Request> placed(
      List<String> requests, List<List<String>> places, Deadline until) {
    List<Tuple2<Request, Seq<String>>> placed = new ArrayList<>();
    for (int i = 0; i < requests.size(); i++) {
      placed.add(new Tuple2<>(new Request(requests.get(i), until), seq(places.get(i))));
    }
    return watch
        .context()
        .<Request>makeRDD(seq(placed), ClassTag$.MODULE$.apply(Request.class))
        .toJavaRDD();
  }

  private static Map<Executor, Double> stragglers(
      ClusterWatch.Answered answered, Map<String, Executor> named) {
    Map<Executor, Double> stragglers = new HashMap<>();
    answered
        .stragglers()
        .forEach(
            (id, seconds) ->
                Optional.ofNullable(named.get(id))
                    .ifPresent(executor -> stragglers.put(executor, seconds)));
    return stragglers;
  }

  private static <T> Seq<T> seq(List<T> list) {
    return CollectionConverters.asScala(list).toSeq();
  }
}
