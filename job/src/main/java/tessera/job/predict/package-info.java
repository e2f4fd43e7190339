/**
 * Predicted times of micro-kernels on instances, and what they are worth together. Prices of one
 * micro-kernel come from {@code tessera.cost}. Begin at {@link Objective}.
 */
package tessera.job.predict;
