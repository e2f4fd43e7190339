/**
 * Micro-kernels and the families that they come from, the search space, and how a tile covers an
 * output. The families themselves are in the back ends, and what a micro-kernel costs is in {@code
 * tessera.cost}. Begin at {@link KernelFamily}.
 */
package tessera.microkernel;
