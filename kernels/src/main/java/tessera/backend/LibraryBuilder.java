package tessera.backend;

import java.util.List;
import java.util.Map;
import tessera.dispatch.DecisionTree;
import tessera.dispatch.LaunchPlan;
import tessera.microkernel.MicroKernel;
import tessera.workload.Workload;

/** Makes the part of a bundle that depends on the kind of hardware: kernels and the C library. */
@FunctionalInterface
public interface LibraryBuilder {
  /**
   * @param plans what the trees' labels stand for, over the kernels
   * @param dispatch of all calls; or of those with weights as they are, then of those with prepared
   *     ones
   * @param id to embed
   * @return relative path and content of every file
   */
  Map<String, byte[]> build(
      Workload workload,
      List<MicroKernel> kernels,
      List<LaunchPlan> plans,
      List<DecisionTree> dispatch,
      String id);
}
