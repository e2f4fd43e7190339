/**
 * Training by Spark MLlib: boosted trees for the cost model and the decision tree for dispatch. The
 * trained trees are evaluated without Spark, in {@code tessera.cost} and {@code tessera.dispatch}.
 * Begin at {@link SparkLearner}.
 */
package tessera.job.spark.learn;
