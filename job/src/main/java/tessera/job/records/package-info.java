/**
 * What a run leaves behind: its folder and settings, and the interface of its log. The tables
 * themselves are written with Spark, in {@code tessera.job.spark.tables}. Begin at {@link
 * RunFolder}.
 */
package tessera.job.records;
