package tessera.workload;

import java.util.List;

/**
 * One assignment of a workload's shape variables, in their declared order, with its share of the
 * work.
 *
 * @param weight share of the work; 0 of one that is timed beyond the range that was asked for
 */
public record Instance(List<Long> values, double weight) {
  public Instance {
    values = List.copyOf(values);
    if (!(weight >= 0) || Double.isInfinite(weight)) {
      throw new IllegalArgumentException("weight must be a non-negative number, not " + weight);
    }
  }

  /** One that is timed though no work counts on it. */
  public static Instance beyond(List<Long> values) {
    return new Instance(values, 0);
  }

  /** Whether it lies beyond the range that was asked for. */
  public boolean liesBeyond() {
    return weight == 0;
  }

  public long[] shape() {
    return values.stream().mapToLong(Long::longValue).toArray();
  }
}
