package tessera.microkernel;

import java.util.List;

/**
 * A family that reads a micro-kernel's parameters once, as a record, and computes everything from
 * that record.
 *
 * @param <T> the record: a field for each parameter, and a method for each quantity that follows
 */
public interface TypedFamily<T> extends KernelFamily {
  /** The micro-kernel's parameters, by name. */
  T tile(MicroKernel kernel);

  /** The features of the family, names and values together, in the order of the cost model. */
  List<Feature<T>> features();

  /** As {@link KernelFamily#isLegal}. */
  boolean isLegal(T tile);

  /** As {@link KernelFamily#label}. */
  String label(T tile);

  /** As {@link KernelFamily#tiling}. */
  Tiling tiling(T tile);

  /** As {@link KernelFamily#prior}. */
  MicroKernelCost prior(T tile);

  @Override
  default boolean isLegal(MicroKernel kernel) {
    return isLegal(tile(kernel));
  }

  @Override
  default String label(MicroKernel kernel) {
    return label(tile(kernel));
  }

  @Override
  default Tiling tiling(MicroKernel kernel) {
    return tiling(tile(kernel));
  }

  @Override
  default MicroKernelCost prior(MicroKernel kernel) {
    return prior(tile(kernel));
  }

  @Override
  default List<String> featureNames() {
    return features().stream().map(Feature::name).toList();
  }

  @Override
  default double[] features(MicroKernel kernel) {
    T tile = tile(kernel);
    return features().stream()
        .mapToDouble(feature -> feature.value().applyAsDouble(tile))
        .toArray();
  }
}
