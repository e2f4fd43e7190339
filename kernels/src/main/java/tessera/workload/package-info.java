/**
 * Workloads: an operator with symbolic extents and weighted instances, read from a file, with a
 * budget. Traces are read by {@code tessera.job.spark.trace}, since that takes Spark. Begin at
 * {@link Workload} or, for the file's format, at {@link WorkloadFile}.
 */
package tessera.workload;
