package tessera.job.spark.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class StragglersTest {
  private static final Set<String> ABLE = Set.of("fast", "other");

  private static final String JOB = "round 1";

  private final Stragglers stragglers = new Stragglers();

  @BeforeEach
  void begin() {
    stragglers.begins(JOB);
  }

  private void started(long task, String executor, double secondsAgo) {
    stragglers.started(JOB, task, executor, System.nanoTime() - (long) (1e9 * secondsAgo));
  }

  /** Tasks that took two seconds each. */
  private void ended(int count, String executor) {
    for (int task = 100; task < 100 + count; task++) {
      started(task, executor, 2);
      stragglers.ended(JOB, task, true);
    }
  }

  @Test
  void of_allThatIsLeftTakesTenTimesAsLong_areItsExecutors() {
    ended(3, "fast");
    started(1, "slow", 20);
    assertEquals(Set.of("slow"), stragglers.of(JOB, 1, ABLE).keySet());
  }

  @Test
  void of_fourTimesAsLong_areNone() {
    ended(3, "fast");
    started(1, "slow", 8);
    assertEquals(Map.of(), stragglers.of(JOB, 1, ABLE));
  }

  @Test
  void of_oneThatIsNotSlowIsLeftToo_areNone() {
    ended(3, "fast");
    started(1, "slow", 20);
    started(2, "other", 1);
    assertEquals(Map.of(), stragglers.of(JOB, 2, ABLE));
  }

  @Test
  void of_tasksThatWait_areNone() {
    ended(3, "fast");
    started(1, "slow", 20);
    assertEquals(Map.of(), stragglers.of(JOB, 2, ABLE));
  }

  @Test
  void of_nobodyIsIdle_areNone() {
    ended(3, "fast");
    started(1, "slow", 20);
    assertEquals(Map.of(), stragglers.of(JOB, 1, Set.of("slow")));
  }

  @Test
  void of_whatTheSlowOneDidItself_isNotWhatIsUsual() {
    ended(9, "slow");
    started(1, "slow", 20);
    assertEquals(Map.of(), stragglers.of(JOB, 1, ABLE));
  }

  @Test
  void of_tasksOfAnEarlierJob_areForgotten() {
    ended(3, "fast");
    started(1, "slow", 20);
    stragglers.ends(JOB);
    stragglers.begins(JOB);
    assertEquals(Map.of(), stragglers.of(JOB, 1, ABLE));
  }

  @Test
  void of_whatAnotherJobDoesMeanwhile_isNotWhatIsUsual() {
    stragglers.begins("round 2");
    for (int task = 200; task < 210; task++) {
      stragglers.started("round 2", task, "fast", System.nanoTime() - 2_000_000_000L);
      stragglers.ended("round 2", task, true);
    }
    started(1, "slow", 20);
    assertEquals(Map.of(), stragglers.of(JOB, 1, ABLE));
    ended(3, "fast");
    assertEquals(Set.of("slow"), stragglers.of(JOB, 1, ABLE).keySet());
  }

  @Test
  void of_othersAreBusyWithAnotherJob_areNone() {
    stragglers.begins("round 2");
    ended(3, "fast");
    started(1, "slow", 20);
    stragglers.started("round 2", 200, "fast", System.nanoTime());
    stragglers.started("round 2", 201, "other", System.nanoTime());
    assertEquals(Map.of(), stragglers.of(JOB, 1, ABLE));
    stragglers.ended("round 2", 201, true);
    assertEquals(Set.of("slow"), stragglers.of(JOB, 1, ABLE).keySet());
  }
}
