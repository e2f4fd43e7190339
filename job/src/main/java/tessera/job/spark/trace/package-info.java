/**
 * Traces of real shapes, from CSV and Parquet, and what is wrong with a bad row. What a trace is to
 * a workload is in {@code tessera.workload}. Begin at {@link SparkTraceReader}.
 */
package tessera.job.spark.trace;
