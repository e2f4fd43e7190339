/**
 * The cost model: arithmetic for covering an instance, and predictions by boosted trees on plain
 * arrays. Training is in {@code tessera.job.spark.learn}, and priors are in the families. Begin at
 * {@link Adaptation}.
 */
package tessera.cost;
