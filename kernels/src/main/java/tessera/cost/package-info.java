/**
 * The learned cost model: predictions by boosted trees on plain arrays. Training is in {@code
 * tessera.job.spark.learn}, priors are in the families, and what covering an instance takes is said
 * by a {@link tessera.microkernel.Tiling}. Begin at {@link LearnedCost}.
 */
package tessera.cost;
