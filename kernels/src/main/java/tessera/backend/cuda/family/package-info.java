/**
 * The families of CUDA templates: parameters, legality, tiling, features, priors and launches. The
 * templates are resources, and what a tile is worth is learned in {@code tessera.job.spark.learn}.
 * Begin at {@link CudaFamily}, then {@link CudaSimt}.
 */
package tessera.backend.cuda.family;
