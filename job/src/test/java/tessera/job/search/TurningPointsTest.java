package tessera.job.search;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Set;
import java.util.SortedSet;
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

  @Test
  void between_wideGap_findsEveryTurnOfIt() {
    SortedSet<Long> found = TurningPoints.between(List.of(1L, 1000L), TurningPointsTest::tiles);
    for (long length = 2; length < 1000; length++) {
      double[] here = tiles(length);
      double[] next = tiles(length + 1);
      boolean turns =
          here[0] < here[1] && next[0] > next[1] || here[0] > here[1] && next[0] < next[1];
      assertTrue(!turns || found.contains(length) && found.contains(length + 1), "at " + length);
    }
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
