package tessera.job.predict;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.LongFunction;
import java.util.stream.IntStream;

/**
 * Where along a length another plan becomes the best. A classifier that sees the lengths on both
 * sides of it splits there, and not halfway between two lengths that happen to be in a sample.
 */
final class TurningPoints {
  /** Plans this close to the best are as good. */
  private static final double TIE = 0.02;

  /* Lengths so close, or so close for what they are, that no tile's edge between them matters much. */
  private static final long CLOSE = 16;
  private static final long OF_LENGTH = 100;

  private final LongFunction<double[]> prices;
  private final Map<Long, double[]> known = new HashMap<>();
  private final SortedSet<Long> found = new TreeSet<>();

  private TurningPoints(LongFunction<double[]> prices) {
    this.prices = prices;
  }

  /**
   * @param lengths ascending
   * @param prices of all plans at a length
   * @return lengths between the given ones, on both sides of each turn
   */
  static SortedSet<Long> between(List<Long> lengths, LongFunction<double[]> prices) {
    TurningPoints points = new TurningPoints(prices);
    for (int i = 1; i < lengths.size(); i++) {
      points.look(lengths.get(i - 1), lengths.get(i));
    }
    lengths.forEach(points.found::remove);
    return points.found;
  }

  private void look(long low, long high) {
    if (high - low < 2) {
      if (differ(low, high)) {
        found.add(low);
        found.add(high);
      }
      return;
    }
    long middle = low + (high - low) / 2;
    if (high - low > Math.max(CLOSE, low / OF_LENGTH)
        || differ(low, middle)
        || differ(middle, high)) {
      look(low, middle);
      look(middle, high);
    }
  }

  /** Whether what is best at one length is not as good at the other. */
  private boolean differ(long a, long b) {
    return !isGood(cheapest(a), b) || !isGood(cheapest(b), a);
  }

  private boolean isGood(int plan, long length) {
    return at(length)[plan] <= (1 + TIE) * Arrays.stream(at(length)).min().orElseThrow();
  }

  private int cheapest(long length) {
    double[] of = at(length);
    return IntStream.range(1, of.length).reduce(0, (best, i) -> of[i] < of[best] ? i : best);
  }

  private double[] at(long length) {
    return known.computeIfAbsent(length, prices::apply);
  }
}
