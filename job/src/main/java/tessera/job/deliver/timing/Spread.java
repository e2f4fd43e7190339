package tessera.job.deliver.timing;

import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * An order of places in which the first few, however many, are spread over all: the ends' halves,
 * quarters and so on, as the sequence of van der Corput has them. What is measured in this order
 * may end at any time.
 */
final class Spread {
  private Spread() {}

  /** The places 0 to count - 1. */
  static int[] order(int count) {
    return IntStream.range(0, count)
        .boxed()
        .sorted(Comparator.comparingLong(Spread::mirrored))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /** The number whose bits are those of another, last first. */
  private static long mirrored(int place) {
    return Integer.toUnsignedLong(Integer.reverse(place));
  }
}
