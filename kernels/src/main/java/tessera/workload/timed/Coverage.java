package tessera.workload.timed;

import java.util.ArrayList;
import java.util.List;
import tessera.workload.Instance;
import tessera.workload.Workload;

/**
 * A sample of a workload's instances with others beside it, so that whatever the weights none of
 * the workload is far from one of them. Micro-kernels that are good for one length are good for
 * lengths within a factor, not within a distance.
 *
 * @param instances of the sample and others, in the order of their operations, each with the weight
 *     of those that it stands for
 * @param factor by which each instance of the workload is at most more or less, in any shape
 *     variable, than one of these
 */
public record Coverage(List<Instance> instances, double factor) {
  /** The factor that is aimed at. */
  public static final double FACTOR = 1.5;

  /**
   * The sample with as many others as {@link #FACTOR} takes. Where they are too few for that, the
   * factor is wider, by a power of it; those that are left then are the least that are farther than
   * {@link #FACTOR}.
   *
   * @param sample instances of the workload, at least one
   * @param most others
   */
  public static Coverage of(Workload workload, List<Instance> sample, int most) {
    return new Search(workload).around(sample, most);
  }

  /**
   * So many instances that are spread over the workload, in place of {@link Workload#sampled(int)}:
   * as many of them as can be are spread evenly over all instances, and the others bring the rest
   * within {@link #FACTOR}. Half of them are spread evenly where that is out of reach.
   */
  public static Coverage sample(Workload workload, int count) {
    return new Search(workload).sample(count);
  }

  /** Looks for instances of a workload. */
  private static final class Search {
    private final List<Instance> ordered;
    private final LogSpace space;

    Search(Workload workload) {
      this.ordered = workload.ordered();
      this.space = new LogSpace(ordered);
    }

    Coverage around(List<Instance> sample, int most) {
      List<List<Long>> values = new ArrayList<>(sample.stream().map(Instance::values).toList());
      for (int power = 1; ; power++) {
        List<List<Long>> others = space.others(values, power * Math.log(FACTOR), most);
        if (others.size() <= most) {
          values.addAll(others);
          values.addAll(least(values, most - others.size()));
          return new Coverage(Workload.at(ordered, values), Math.pow(FACTOR, power));
        }
      }
    }

    /** Others for the least instances that are far from all of some. */
    private List<List<Long>> least(List<List<Long>> values, int most) {
      List<List<Long>> others = space.others(values, Math.log(FACTOR), most);
      return others.subList(0, Math.min(most, others.size()));
    }

    Coverage sample(int count) {
      if (count < 2 || ordered.size() <= count) {
        return around(Workload.evenly(ordered, count), 0);
      }
      int low = 1;
      int high = count;
      while (low < high) {
        int middle = low + (high - low + 1) / 2;
        if (suffices(Workload.evenly(ordered, middle), count - middle)) {
          low = middle;
        } else {
          high = middle - 1;
        }
      }
      int even = low > 1 ? low : Math.max(2, count / 2);
      return around(Workload.evenly(ordered, even), count - even);
    }

    private boolean suffices(List<Instance> sample, int most) {
      List<List<Long>> values = sample.stream().map(Instance::values).toList();
      return space.others(values, Math.log(FACTOR), most).size() <= most;
    }
  }

  /** Whether no instance is farther than {@link #FACTOR}. */
  public boolean isClose() {
    return factor <= FACTOR;
  }
}
