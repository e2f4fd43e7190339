/**
 * The families of CUDA templates: parameters, legality, tiling, features and launches. What follows
 * from a family's parameters is in {@code tessera.backend.cuda.tile}, and what a tile should cost
 * in {@code tessera.backend.cuda.prior}. Begin at {@link CudaFamily} and {@link TileFamily}, then
 * {@link CudaSimt}.
 */
package tessera.backend.cuda.family;
