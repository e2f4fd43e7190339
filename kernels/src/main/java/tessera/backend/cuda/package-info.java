/**
 * The back end for NVIDIA GPUs: what it answers, and the C library of its bundles. Families,
 * compilers, the driver and measuring have packages below, and templates are resources of the same
 * path. Begin at {@link CudaBackend}.
 */
package tessera.backend.cuda;
