package tessera.job.spark.watch;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import tessera.measure.Timing;

/**
 * Finds executors that hold up a job: all that is left of it runs there, far longer than tasks took
 * elsewhere, while another that could do it has nothing to do.
 */
final class Stragglers extends SparkListener {
  /** So many times what a task usually took on other executors is no accident. */
  private static final int TIMES = 5;

  /** However short the others: a compile now and then takes that. */
  private static final double LEAST_SECONDS = 5;

  /** Tasks that tell what is usual. */
  private static final int PEERS = 3;

  private record Running(String executor, long since) {
    double seconds() {
      return 1e-9 * (System.nanoTime() - since);
    }
  }

  /** By the ids of tasks. */
  private final Map<Long, Running> running = new HashMap<>();

  /** Seconds of tasks that ended well, by executor. */
  private final Map<String, List<Double>> ended = new HashMap<>();

  /** A job begins; what still runs of another is not looked at. */
  synchronized void begins() {
    running.clear();
    ended.clear();
  }

  @Override
  public synchronized void onTaskStart(SparkListenerTaskStart event) {
    started(event.taskInfo().taskId(), event.taskInfo().executorId(), System.nanoTime());
  }

  @Override
  public synchronized void onTaskEnd(SparkListenerTaskEnd event) {
    ended(event.taskInfo().taskId(), event.taskInfo().successful());
  }

  synchronized void started(long task, String executor, long nanos) {
    running.put(task, new Running(executor, nanos));
  }

  synchronized void ended(long task, boolean well) {
    Running was = running.remove(task);
    if (was != null && well) {
      ended.computeIfAbsent(was.executor, id -> new ArrayList<>()).add(was.seconds());
    }
  }

  /**
   * Executors that hold up the job.
   *
   * @param left tasks that have not ended
   * @param able executors that could do them
   * @return what the longest task of each has taken so far, in seconds; empty where none holds it
   *     up
   */
  synchronized Map<String, Double> of(int left, Set<String> able) {
    Map<String, Double> busy = new HashMap<>();
    running.values().forEach(task -> busy.merge(task.executor, task.seconds(), Math::max));
    Set<String> idle = new HashSet<>(able);
    idle.removeAll(busy.keySet());
    double[] peers =
        ended.entrySet().stream()
            .filter(entry -> !busy.containsKey(entry.getKey()))
            .map(Map.Entry::getValue)
            .flatMap(Collection::stream)
            .mapToDouble(Double::doubleValue)
            .toArray();
    if (running.size() < left || left == 0 || idle.isEmpty() || peers.length < PEERS) {
      return Map.of();
    }
    double most = Math.max(LEAST_SECONDS, TIMES * Timing.median(peers));
    return running.values().stream().allMatch(task -> task.seconds() > most)
        ? Map.copyOf(busy)
        : Map.of();
  }
}
