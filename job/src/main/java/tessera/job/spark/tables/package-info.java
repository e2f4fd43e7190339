/**
 * The Parquet tables of runs and bundles: trials, contests, timings. What they are about is in
 * {@code tessera.job.records}. Begin at {@link ParquetTrialLog}.
 */
package tessera.job.spark.tables;
