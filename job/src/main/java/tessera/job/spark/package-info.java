/**
 * Measuring on Spark's executors, and the sessions that it takes. Only this package and those below
 * it import Spark. Begin at {@link SparkMeasurer}.
 */
package tessera.job.spark;
