package tessera.cost;

import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;

/** Predicts f_MK, the part of the cost that belongs to a micro-kernel and to no instance. */
@FunctionalInterface
public interface CostModel {
  MicroKernelCost predict(MicroKernel kernel);
}
