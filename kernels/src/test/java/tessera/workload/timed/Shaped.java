package tessera.workload.timed;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import tessera.workload.Instance;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/** Dense layers whose extents are shape variables, with given values of these. */
final class Shaped {
  private Shaped() {}

  static Workload range(long from, long to, long step) {
    return list(LongStream.iterate(from, t -> t <= to, t -> t + step).toArray());
  }

  static Workload list(long... values) {
    return of(1, LongStream.of(values).mapToObj(List::of).toList());
  }

  /** All pairs of values of two ranges. */
  static List<List<Long>> grid(long fromA, long toA, long fromB, long toB) {
    List<List<Long>> pairs = new ArrayList<>();
    for (long a = fromA; a <= toA; a++) {
      for (long b = fromB; b <= toB; b++) {
        pairs.add(List.of(a, b));
      }
    }
    return pairs;
  }

  /**
   * @param variables their number, 1 to 3: m, n and k
   */
  static Workload of(int variables, List<List<Long>> values) {
    List<String> names = List.of("A", "B", "C").subList(0, variables);
    Map<String, String> extents = new LinkedHashMap<>(Map.of("m", "A", "n", "64", "k", "32"));
    if (variables > 1) {
      extents.put("n", "B");
    }
    if (variables > 2) {
      extents.put("k", "C");
    }
    return of(names, extents, values);
  }

  static Workload of(List<String> names, Map<String, String> extents, List<List<Long>> values) {
    return new WorkloadSpec("shaped", "dense", "float32", "none", names, extents)
        .on(values.stream().map(one -> new Instance(one, 1)).toList());
  }
}
