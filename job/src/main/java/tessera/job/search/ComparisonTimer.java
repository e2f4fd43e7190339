package tessera.job.search;

import java.util.List;
import tessera.backend.Peer;
import tessera.backend.WeightsForm;
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
   * @param vendors whether libraries of others take part
   * @param peers those that must be among them
   * @param until when the last group may begin; what was not its turn by then is not run
   */
  record Terms(
      TimingPolicy policy, boolean delivered, boolean vendors, List<Peer> peers, Deadline until) {}

  /**
   * How a library did beside micro-kernels.
   *
   * @param version empty where nobody knows it
   * @param form of the weights that it was given
   */
  record Beside(String name, String version, WeightsForm form, Lap lap) {
    public String label() {
      return form.label(name, version);
    }
  }

  /**
   * How a group ended.
   *
   * @param kernels one lap for each, in order
   * @param vendors the libraries that took part
   */
  record Result(List<Lap> kernels, List<Beside> vendors) {}

  /**
   * Those of some micro-kernels that can be built with all that some problems take of them.
   *
   * @param until when the last of them may begin, one after the other
   */
  List<MicroKernel> buildable(List<MicroKernel> kernels, List<Problem> problems, Deadline until);

  /** Times groups, begun in their order, on as many devices as there are. */
  List<Result> time(List<Group> groups, Terms terms);
}
