/**
 * The back end for NVIDIA GPUs: what it answers, the C library of its bundles, and the same run
 * time for measuring. Families with their tiles and priors, compilers, the driver and measuring
 * have packages below, and templates are resources of the same path. Begin at {@link CudaBackend}.
 */
package tessera.backend.cuda;
