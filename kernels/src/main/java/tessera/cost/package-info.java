/**
 * The learned cost model, which predicts by boosted trees on plain arrays, and the files of fitted
 * constants. Training is in {@code tessera.job.spark.learn}, priors are in the back ends, and what
 * covering an instance takes is said by a {@link tessera.microkernel.Tiling}. Begin at {@link
 * LearnedCost}, or at {@link Fits}.
 */
package tessera.cost;
