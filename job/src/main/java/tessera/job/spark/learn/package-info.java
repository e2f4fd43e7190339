/**
 * Training by Spark MLlib: boosted trees for the cost model, on a cluster by a second Spark in the
 * driver's process, and the decision tree for dispatch. The trained trees are evaluated without
 * Spark, in {@code tessera.cost} and {@code tessera.dispatch}. Begin at {@link SparkLearner}.
 */
package tessera.job.spark.learn;
