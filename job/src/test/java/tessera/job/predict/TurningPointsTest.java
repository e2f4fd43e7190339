package tessera.job.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.function.LongFunction;
import org.junit.jupiter.api.Test;

final class TurningPointsTest {
  /** Two tiles: passes of a narrow one cost 1, of a wide one 3. */
  private static double[] tiles(long length) {
    return new double[] {(length + 7) / 8, 3 * ((length + 31) / 32)};
  }

  @Test
  void between_aTurn_findsBothSidesOfIt() {
    assertEquals(
        Set.of(24L, 25L), TurningPoints.between(List.of(1L, 32L), TurningPointsTest::tiles));
  }

  /** Neither tile is better on the whole: they take turns 28 times. */
  @Test
  void between_wideGap_findsEveryTurnOfIt() {
    LongFunction<double[]> prices =
        length -> new double[] {(length + 39) / 40, 1.4 * ((length + 55) / 56)};
    SortedSet<Long> found = TurningPoints.between(List.of(1L, 1000L), prices);
    int turns = 0;
    for (long length = 2; length < 999; length++) {
      double[] here = prices.apply(length);
      double[] next = prices.apply(length + 1);
      int best = here[0] <= here[1] ? 0 : 1;
      int then = next[0] <= next[1] ? 0 : 1;
      if (next[best] > 1.02 * next[1 - best] || here[then] > 1.02 * here[1 - then]) {
        turns++;
        assertTrue(found.contains(length) && found.contains(length + 1), "at " + length);
      }
    }
    assertEquals(28, turns);
  }

  @Test
  void between_onePlanThatIsBestThroughout_findsNothing() {
    assertEquals(
        Set.of(), TurningPoints.between(List.of(1L, 500L), length -> new double[] {1, 1.01, 5}));
  }

  @Test
  void between_turnAtGivenLengths_isKnown() {
    assertEquals(Set.of(), TurningPoints.between(List.of(24L, 25L), TurningPointsTest::tiles));
  }
}
