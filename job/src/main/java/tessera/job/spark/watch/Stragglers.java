package tessera.job.spark.watch;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import scala.jdk.javaapi.CollectionConverters;
import tessera.measure.Timing;

/**
 * Finds executors that hold up a job: all that is left of it runs there, far longer than tasks took
 * elsewhere, while another that could do it has nothing to do.
 */
final class Stragglers extends SparkListener {
  /** Where Spark says which group a job is in. */
  private static final String GROUP = "spark.jobGroup.id";

  /** So many times what a task usually took on other executors is no accident. */
  private static final int TIMES = 5;

  /** However short the others: a first compile on a machine that is busy with more takes that. */
  private static final double LEAST_SECONDS = 10;

  /** Tasks that tell what is usual. */
  private static final int PEERS = 3;

  private record Running(String executor, long since) {
    double seconds() {
      return 1e-9 * (System.nanoTime() - since);
    }
  }

  /**
   * A job that is looked at.
   *
   * @param running by the ids of tasks
   * @param ended seconds of tasks that ended well, by executor
   */
  private record Job(Map<Long, Running> running, Map<String, List<Double>> ended) {}

  /** By the names of their groups. */
  private final Map<String, Job> jobs = new HashMap<>();

  /** The groups of stages. */
  private final Map<Integer, String> groups = new HashMap<>();

  /**
   * A job begins that is looked at.
   *
   * @param group the name of the group that it alone is in
   */
  synchronized void begins(String group) {
    jobs.put(group, new Job(new HashMap<>(), new HashMap<>()));
  }

  /** Forgets a job. */
  synchronized void ends(String group) {
    jobs.remove(group);
    groups.values().removeIf(group::equals);
  }

  @Override
  public synchronized void onJobStart(SparkListenerJobStart event) {
    String group = event.properties() == null ? null : event.properties().getProperty(GROUP);
    if (jobs.containsKey(group)) {
      CollectionConverters.asJava(event.stageIds())
          .forEach(stage -> groups.put((Integer) stage, group));
    }
  }

  @Override
  public synchronized void onTaskStart(SparkListenerTaskStart event) {
    started(
        groups.get(event.stageId()),
        event.taskInfo().taskId(),
        event.taskInfo().executorId(),
        System.nanoTime());
  }

  @Override
  public synchronized void onTaskEnd(SparkListenerTaskEnd event) {
    ended(groups.get(event.stageId()), event.taskInfo().taskId(), event.taskInfo().successful());
  }

  synchronized void started(String group, long task, String executor, long nanos) {
    Optional.ofNullable(jobs.get(group))
        .ifPresent(job -> job.running.put(task, new Running(executor, nanos)));
  }

  synchronized void ended(String group, long task, boolean well) {
    Optional.ofNullable(jobs.get(group))
        .ifPresent(
            job -> {
              Running was = job.running.remove(task);
              if (was != null && well) {
                job.ended.computeIfAbsent(was.executor, id -> new ArrayList<>()).add(was.seconds());
              }
            });
  }

  /**
   * Executors that hold up a job.
   *
   * @param group of the job, which has begun
   * @param left tasks that have not ended
   * @param able executors that could do them
   * @return what the longest task of each has taken so far, in seconds; empty where none holds it
   *     up
   */
  synchronized Map<String, Double> of(String group, int left, Set<String> able) {
    Job job = jobs.get(group);
    Map<String, Double> busy = new HashMap<>();
    job.running.values().forEach(task -> busy.merge(task.executor, task.seconds(), Math::max));
    Set<String> idle = new HashSet<>(able);
    jobs.values().stream()
        .flatMap(any -> any.running.values().stream())
        .forEach(task -> idle.remove(task.executor));
    double[] peers =
        job.ended.entrySet().stream()
            .filter(entry -> !busy.containsKey(entry.getKey()))
            .map(Map.Entry::getValue)
            .flatMap(Collection::stream)
            .mapToDouble(Double::doubleValue)
            .toArray();
    if (job.running.size() < left || left == 0 || idle.isEmpty() || peers.length < PEERS) {
      return Map.of();
    }
    double most = Math.max(LEAST_SECONDS, TIMES * Timing.median(peers));
    return job.running.values().stream().allMatch(task -> task.seconds() > most)
        ? Map.copyOf(busy)
        : Map.of();
  }
}
