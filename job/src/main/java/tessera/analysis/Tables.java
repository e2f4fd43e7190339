package tessera.analysis;

import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * The tables of a run and its bundle as DataFrames, with the columns of {@code docs/analysis.md};
 * without rows where there are none.
 *
 * @param trials a row for each trial
 * @param rounds a row for each round
 * @param contest a row for each micro-kernel on each instance in each pass
 * @param timings a row for each plan on each instance that the dispatcher was trained on
 */
public record Tables(
    Dataset<Row> trials, Dataset<Row> rounds, Dataset<Row> contest, Dataset<Row> timings) {}
