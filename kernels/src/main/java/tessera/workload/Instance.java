package tessera.workload;

import java.util.List;

/**
 * One assignment of a workload's shape variables, in their declared order, with its share of the
 * work.
 */
public record Instance(List<Long> values, double weight) {
  public Instance {
    values = List.copyOf(values);
    if (!(weight >= 0) || Double.isInfinite(weight)) {
      throw new IllegalArgumentException("weight must be a non-negative number, not " + weight);
    }
  }

  public long[] shape() {
    return values.stream().mapToLong(Long::longValue).toArray();
  }
}
