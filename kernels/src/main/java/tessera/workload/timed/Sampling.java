package tessera.workload.timed;

import java.util.List;
import tessera.workload.Instance;
import tessera.workload.Workload;

/** How the instances are chosen that a run looks at. */
public enum Sampling {
  /** Evenly over all instances, as runs did first: they are resumed in the same way. */
  EVEN {
    @Override
    public List<Instance> of(Workload workload, int count) {
      return workload.sampled(count);
    }

    @Override
    public Coverage around(Workload workload, List<Instance> sample, int most) {
      return new Coverage(sample, Coverage.FACTOR);
    }

    @Override
    public List<Instance> searched(List<Instance> sample) {
      return sample;
    }

    @Override
    public List<Instance> beyond(Workload workload, double mostBytes, int lengths) {
      return List.of();
    }
  },

  /** So that none of the workload is far from one of them, and some lie beyond its range. */
  CLOSE {
    @Override
    public List<Instance> of(Workload workload, int count) {
      return Coverage.sample(workload, count).instances();
    }

    @Override
    public Coverage around(Workload workload, List<Instance> sample, int most) {
      return Coverage.of(workload, sample, most);
    }

    @Override
    public List<Instance> searched(List<Instance> sample) {
      double alike = ALIKE / sample.size();
      return sample.stream()
          .map(one -> new Instance(one.values(), alike + (1 - ALIKE) * one.weight()))
          .toList();
    }

    @Override
    public List<Instance> beyond(Workload workload, double mostBytes, int lengths) {
      return BeyondRange.few(workload, mostBytes, lengths);
    }
  };

  /** The share of the weight in a search that all of its instances have alike. */
  private static final double ALIKE = 0.1;

  /** So many instances. */
  public abstract List<Instance> of(Workload workload, int count);

  /**
   * A sample with others beside it.
   *
   * @param most others
   */
  public abstract Coverage around(Workload workload, List<Instance> sample, int most);

  /**
   * What a sample weighs in a search: lengths that hardly count are to have good micro-kernels too.
   *
   * @param sample with weights that sum to 1
   */
  public abstract List<Instance> searched(List<Instance> sample);

  /**
   * Shapes beyond the range.
   *
   * @param mostBytes of operands and output; larger shapes are left out
   * @param lengths where there is a single shape variable, at most
   */
  public abstract List<Instance> beyond(Workload workload, double mostBytes, int lengths);
}
