/**
 * From a shape to the plan that serves it: the decision tree, plans of one or two micro-kernels,
 * and regret. Training is in {@code tessera.job.spark.learn}, and the launch itself is in the
 * bundle's C library. Begin at {@link DecisionTree}.
 */
package tessera.dispatch;
