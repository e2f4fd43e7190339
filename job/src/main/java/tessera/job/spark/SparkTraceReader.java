package tessera.job.spark;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import tessera.workload.TraceReader;
import tessera.workload.UserError;

/** Histograms of real shapes, from CSV (also compressed) or Parquet. */
public final class SparkTraceReader implements TraceReader {
  private final SparkSession spark;

  public SparkTraceReader(SparkSession spark) {
    this.spark = spark;
  }

  @Override
  public SortedMap<Long, Double> read(Path file, String column, Optional<String> count) {
    if (!Files.exists(file)) {
      throw new UserError(
          "the trace " + file + " does not exist; paths are relative to the workload file");
    }
    String place = file.toUri().toString();
    Dataset<Row> table =
        file.toString().endsWith(".parquet") || Files.isDirectory(file)
            ? spark.read().parquet(place)
            : spark.read().option("header", "true").csv(place);
    check(file, table, column);
    count.ifPresent(name -> check(file, table, name));
    Column value = table.col("`" + column + "`").try_cast("bigint");
    Column times =
        count
            .map(name -> table.col("`" + name + "`").try_cast("double"))
            .orElse(functions.lit(1.0));
    SortedMap<Long, Double> histogram = new TreeMap<>();
    for (Row row : table.groupBy(value.as("value")).agg(functions.sum(times)).collectAsList()) {
      if (row.isNullAt(0) || row.isNullAt(1) || row.getLong(0) < 1 || !(row.getDouble(1) >= 0)) {
        throw new UserError(
            "the trace "
                + file
                + " has a value in column '"
                + column
                + "' that is no positive integer, or a bad count; remove such rows");
      }
      histogram.put(row.getLong(0), row.getDouble(1));
    }
    if (histogram.isEmpty()) {
      throw new UserError("the trace " + file + " has no rows; give one that has");
    }
    return histogram;
  }

  private static void check(Path file, Dataset<Row> table, String column) {
    if (!Arrays.asList(table.columns()).contains(column)) {
      throw new UserError(
          "the trace "
              + file
              + " has no column '"
              + column
              + "'; it has "
              + String.join(", ", table.columns()));
    }
  }
}
