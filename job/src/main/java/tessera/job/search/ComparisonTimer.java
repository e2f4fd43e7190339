package tessera.job.search;

import java.util.List;
import java.util.SortedMap;
import tessera.measure.Deadline;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MicroKernel;
import tessera.operator.Problem;
import tessera.trial.Lap;

/** Times a few micro-kernels on real instances, side by side. */
public interface ComparisonTimer {
  /** Micro-kernels that are timed beside each other on one problem. */
  record Group(Problem problem, List<MicroKernel> kernels) {}

  /**
   * What the groups of one call have in common.
   *
   * @param delivered whether the kernels are timed as a bundle has them, with all their paths
   * @param vendors whether the vendors' libraries take part
   * @param until when the last group may begin; what was not its turn by then is not run
   */
  record Terms(TimingPolicy policy, boolean delivered, boolean vendors, Deadline until) {}

  /**
   * How a group ended.
   *
   * @param kernels one lap for each, in order
   * @param vendors a lap for each library that took part, by its name
   */
  record Result(List<Lap> kernels, SortedMap<String, Lap> vendors) {}

  /**
   * Those of some micro-kernels that can be built with all that some problems take of them.
   *
   * @param until when the last of them may begin, one after the other
   */
  List<MicroKernel> buildable(List<MicroKernel> kernels, List<Problem> problems, Deadline until);

  /** Times groups, begun in their order, on as many devices as there are. */
  List<Result> time(List<Group> groups, Terms terms);
}
