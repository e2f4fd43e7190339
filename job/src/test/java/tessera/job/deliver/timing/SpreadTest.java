package tessera.job.deliver.timing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class SpreadTest {
  @Test
  void order_hasEachPlaceOnce() {
    for (int count : new int[] {0, 1, 2, 7, 80}) {
      int[] sorted = Spread.order(count);
      Arrays.sort(sorted);
      assertArrayEquals(IntStream.range(0, count).toArray(), sorted);
    }
  }

  @Test
  void order_theFirstPlaces_areSpreadOverAll() {
    assertArrayEquals(new int[] {0, 8, 4, 2, 6, 1, 9, 5, 3, 7}, Spread.order(10));
    int[] first = Arrays.copyOf(Spread.order(80), 20);
    Arrays.sort(first);
    for (int i = 1; i < first.length; i++) {
      assertTrue(first[i] - first[i - 1] <= 8, Arrays.toString(first));
    }
  }
}
