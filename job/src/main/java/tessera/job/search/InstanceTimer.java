package tessera.job.search;

import java.time.Instant;
import java.util.List;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MicroKernel;
import tessera.workload.GemmShape;

/** Times a few micro-kernels on real instances, side by side. */
public interface InstanceTimer {
  /** A time that never comes. */
  Instant NEVER = Instant.ofEpochMilli(Long.MAX_VALUE);

  /**
   * @param seconds [function][shape]: the kernels in order, then the vendors
   * @param vendors names of the vendors' libraries that took part
   */
  record Times(double[][] seconds, List<String> vendors) {}

  /** Micro-kernels that are timed beside each other on one shape. */
  record Heat(GemmShape shape, List<MicroKernel> kernels) {}

  /**
   * Those of some micro-kernels that can be built with all that some shapes take of them.
   *
   * @param until when the last of them may begin, one after the other
   */
  List<MicroKernel> buildable(List<MicroKernel> kernels, List<GemmShape> shapes, Instant until);

  /**
   * @param delivered whether the kernels are timed as a bundle has them, and the vendors' libraries
   *     beside them
   * @throws IllegalStateException when the measuring failed, with the reason
   */
  Times time(
      List<MicroKernel> kernels, List<GemmShape> shapes, TimingPolicy policy, boolean delivered);

  /**
   * Times in heats, on as many devices as there are.
   *
   * @param delivered whether the kernels are timed as a bundle has them
   * @return the seconds of each heat's kernels; NaN for one that fails there
   */
  List<double[]> time(List<Heat> heats, TimingPolicy policy, boolean delivered);
}
