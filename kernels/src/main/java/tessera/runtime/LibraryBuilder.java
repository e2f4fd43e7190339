package tessera.runtime;

import java.util.List;
import java.util.Map;
import tessera.dispatch.DecisionTree;
import tessera.microkernel.MicroKernel;
import tessera.workload.Workload;

/** Makes the part of a bundle that depends on the kind of hardware: kernels and the C library. */
@FunctionalInterface
public interface LibraryBuilder {
  /**
   * @param kernels in the order of the tree's labels
   * @param id to embed
   * @return relative path and content of every file
   */
  Map<String, byte[]> build(
      Workload workload, List<MicroKernel> kernels, DecisionTree dispatch, String id);
}
