package tessera.job.spark.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class StragglersTest {
  private static final Set<String> ABLE = Set.of("fast", "other");

  private final Stragglers stragglers = new Stragglers();

  private void started(long task, String executor, double secondsAgo) {
    stragglers.started(task, executor, System.nanoTime() - (long) (1e9 * secondsAgo));
  }

  /** Tasks that took two seconds each. */
  private void ended(int count, String executor) {
    for (int task = 100; task < 100 + count; task++) {
      started(task, executor, 2);
      stragglers.ended(task, true);
    }
  }

  @Test
  void of_allThatIsLeftTakesTenTimesAsLong_areItsExecutors() {
    ended(3, "fast");
    started(1, "slow", 20);
    assertEquals(Set.of("slow"), stragglers.of(1, ABLE).keySet());
  }

  @Test
  void of_fourTimesAsLong_areNone() {
    ended(3, "fast");
    started(1, "slow", 8);
    assertEquals(Map.of(), stragglers.of(1, ABLE));
  }

  @Test
  void of_oneThatIsNotSlowIsLeftToo_areNone() {
    ended(3, "fast");
    started(1, "slow", 20);
    started(2, "other", 1);
    assertEquals(Map.of(), stragglers.of(2, ABLE));
  }

  @Test
  void of_tasksThatWait_areNone() {
    ended(3, "fast");
    started(1, "slow", 20);
    assertEquals(Map.of(), stragglers.of(2, ABLE));
  }

  @Test
  void of_nobodyIsIdle_areNone() {
    ended(3, "fast");
    started(1, "slow", 20);
    assertEquals(Map.of(), stragglers.of(1, Set.of("slow")));
  }

  @Test
  void of_whatTheSlowOneDidItself_isNotWhatIsUsual() {
    ended(9, "slow");
    started(1, "slow", 20);
    assertEquals(Map.of(), stragglers.of(1, ABLE));
  }

  @Test
  void of_tasksOfAnEarlierJob_areForgotten() {
    ended(3, "fast");
    started(1, "slow", 20);
    stragglers.begins();
    assertEquals(Map.of(), stragglers.of(1, ABLE));
  }
}
