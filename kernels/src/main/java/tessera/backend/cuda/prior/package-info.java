/**
 * What a tile should cost before anything is measured, by numbers that were fitted to measured
 * kernels. What was measured corrects it in {@code tessera.cost}. Begin at {@link TileCost}.
 */
package tessera.backend.cuda.prior;
