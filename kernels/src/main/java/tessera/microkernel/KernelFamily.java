package tessera.microkernel;

import java.util.List;
import java.util.stream.Collectors;

/**
 * A sketch: one kernel template with its open numbers, bounded by the hardware and never by a
 * shape.
 */
public interface KernelFamily {
  String name();

  /** The open numbers. */
  List<Parameter> parameters();

  /** Whether a micro-kernel has just the parameters of this family's. */
  default boolean covers(MicroKernel kernel) {
    return parameters().stream()
        .map(Parameter::name)
        .collect(Collectors.toSet())
        .equals(kernel.parameters().keySet());
  }

  /** Whether the hardware can hold it: registers, caches, divisibility. */
  boolean isLegal(MicroKernel kernel);

  /**
   * A name with the identity in it, for people and for symbols: {@code gemm_f32_avx512_m_3x8_...}.
   */
  String label(MicroKernel kernel);

  Tiling tiling(MicroKernel kernel);

  /** Rows of a multiple of so many elements are read and written faster than others. */
  default int alignment() {
    return 1;
  }

  /** Names of {@link #features}, in order. */
  List<String> featureNames();

  /** What the learned cost model sees of a micro-kernel. */
  double[] features(MicroKernel kernel);

  /**
   * The analytic prior: predicted seconds of one multiply-add step and of one element moved, before
   * any measurement.
   */
  MicroKernelCost prior(MicroKernel kernel);
}
