package tessera.analysis.drift;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tessera.analysis.figures.Drift;

/**
 * Shapes put into classes of alike ones: each variable by halves of its octave (128 to 191, 192 to
 * 255), or more coarsely where that would make more classes than can be told apart. The bounds are
 * among those by which bundles round the shapes that they count.
 */
final class Classes {
  private static final int MOST_CLASSES = 2000;

  /** Rounding 0 is by halves of an octave, the next by octaves, each further one twice as wide. */
  private static final int COARSEST = 7;

  private final int rounding;
  private final Map<List<Long>, Integer> places;

  private Classes(int rounding, Map<List<Long>, Integer> places) {
    this.rounding = rounding;
    this.places = places;
  }

  /** The classes of all shapes that two distributions have. */
  static Classes of(Map<List<Long>, Double> one, Map<List<Long>, Double> other) {
    for (int rounding = 0; ; rounding++) {
      Map<List<Long>, Integer> places = new LinkedHashMap<>();
      for (Map<List<Long>, Double> shapes : List.of(one, other)) {
        for (List<Long> shape : shapes.keySet()) {
          places.putIfAbsent(least(shape, rounding), places.size());
        }
      }
      if (places.size() <= MOST_CLASSES || rounding == COARSEST) {
        return new Classes(rounding, places);
      }
    }
  }

  private static List<Long> least(List<Long> shape, int rounding) {
    return shape.stream().map(value -> least(value, rounding)).toList();
  }

  /** The least value of the class of one. */
  static long least(long value, int rounding) {
    int octave = 63 - Long.numberOfLeadingZeros(value);
    if (rounding == 0) {
      int shift = Math.max(0, octave - 1);
      return value >> shift << shift;
    }
    int octaves = 1 << (rounding - 1);
    return 1L << (octave / octaves * octaves);
  }

  /** The greatest value of a class. */
  static long greatest(long least, int rounding) {
    int octave = 63 - Long.numberOfLeadingZeros(least);
    if (rounding == 0) {
      return least + (1L << Math.max(0, octave - 1)) - 1;
    }
    int end = octave + (1 << (rounding - 1));
    return end > 62 ? Long.MAX_VALUE : (1L << end) - 1;
  }

  int count() {
    return places.size();
  }

  /** The sums of each class. */
  double[] sums(Map<List<Long>, Double> shapes) {
    double[] sums = new double[places.size()];
    shapes.forEach((shape, weight) -> sums[places.get(least(shape, rounding))] += weight);
    return sums;
  }

  /** The classes whose shares differ most, the largest difference first. */
  List<Drift.Shift> shifts(double[] tuned, double[] called, int most) {
    List<Drift.Shift> shifts = new ArrayList<>();
    places.forEach(
        (from, place) ->
            shifts.add(
                new Drift.Shift(
                    from,
                    from.stream().map(value -> greatest(value, rounding)).toList(),
                    tuned[place],
                    called[place])));
    shifts.sort((a, b) -> Double.compare(difference(b), difference(a)));
    return List.copyOf(shifts.subList(0, Math.min(most, shifts.size())));
  }

  private static double difference(Drift.Shift shift) {
    return Math.abs(shift.tunedShare() - shift.callsShare());
  }

  /** Weights that sum to 1. */
  static Map<List<Long>, Double> shares(Map<List<Long>, Double> weights) {
    double total = weights.values().stream().mapToDouble(Double::doubleValue).sum();
    Map<List<Long>, Double> shares = new HashMap<>();
    weights.forEach((shape, weight) -> shares.put(shape, weight / total));
    return shares;
  }
}
