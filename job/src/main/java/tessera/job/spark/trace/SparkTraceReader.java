package tessera.job.spark.trace;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import java.nio.file.FileSystemException;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import tessera.UserError;
import tessera.job.spark.tables.SparkFailures;
import tessera.job.storage.Attempts;
import tessera.storage.Place;
import tessera.workload.TraceReader;

/**
 * Histograms of real shapes, from CSV (also compressed) or Parquet: one aggregation where every row
 * is good; where one is not, a second look finds the first of them.
 */
public final class SparkTraceReader implements TraceReader {
  /** Different values of a column: the histogram of more would not fit into the driver. */
  private static final int MOST_VALUES = 1_000_000;

  private static final String WHOLE = "whole";
  private static final String FREQUENCY = "frequency";
  private static final Column BAD =
      col(WHOLE).isNull().or(col(FREQUENCY).isNull()).or(col(TraceTable.RAGGED));

  private final SparkSession spark;

  public SparkTraceReader(SparkSession spark) {
    // a session of its own: names of columns may differ in case alone, times may stand beside
    // values
    this.spark = spark.newSession();
    this.spark.conf().set("spark.sql.caseSensitive", "true");
    this.spark.conf().set("spark.sql.timeType.enabled", "true");
  }

  @Override
  public SortedMap<Long, Double> read(Place file, String column, Optional<String> count) {
    TraceTable table = explained(file, () -> TraceTable.open(spark, file));
    int value = table.number(column);
    Optional<Integer> times = count.map(table::number);
    Dataset<Row> rows = numbers(table, value, times);
    SortedMap<Long, Double> histogram = new TreeMap<>();
    for (Row group : attempt(file, () -> groups(rows))) {
      if (group.isNullAt(0)) {
        throw attempt(file, () -> firstBad(table, rows, column, count));
      }
      histogram.put(group.getLong(0), group.getDouble(1));
    }
    checkSize(table, histogram, column);
    count.ifPresent(name -> checkTotal(table, histogram, name));
    return histogram;
  }

  private static Dataset<Row> numbers(TraceTable table, int value, Optional<Integer> count) {
    Column frequency =
        count
            .map(at -> TraceNumbers.frequency(col(TraceTable.COUNT), table.type(at)))
            .orElse(col(TraceTable.COUNT));
    return table
        .cells(value, count)
        .withColumn(WHOLE, TraceNumbers.whole(col(TraceTable.VALUE), table.type(value)))
        .withColumn(FREQUENCY, frequency);
  }

  /** Values with their summed counts; where a row is bad, null is among the values. */
  private static List<Row> groups(Dataset<Row> rows) {
    return rows.select(when(BAD, null).otherwise(col(WHOLE)).as(WHOLE), col(FREQUENCY))
        .groupBy(WHOLE)
        .agg(sum(FREQUENCY))
        .limit(MOST_VALUES + 1)
        .collectAsList();
  }

  private static UserError firstBad(
      TraceTable table, Dataset<Row> rows, String column, Optional<String> count) {
    Row row =
        rows.filter(BAD)
            .orderBy(TraceTable.BLOCK, TraceTable.ROW)
            .select(
                col(TraceTable.BLOCK),
                col(TraceTable.ROW),
                col(TraceTable.RAGGED),
                col(WHOLE).isNull(),
                col(TraceTable.VALUE).cast("string"),
                col(TraceTable.COUNT).cast("string"))
            .head();
    if (row.getBoolean(2)) {
      return table.error(
          "has more or fewer cells than its header "
              + table.place(row)
              + "; give every line "
              + table.columns()
              + " cells");
    }
    return row.getBoolean(3)
        ? badCell(table, row, 4, column, "a whole number from 1 to " + TraceReader.MOST_VALUE)
        : badCell(table, row, 5, count.orElseThrow(), "a finite count of 0 or more");
  }

  private static UserError badCell(
      TraceTable table, Row row, int cell, String column, String wanted) {
    return table.error(
        "has "
            + (row.isNullAt(cell) ? "no number" : UserError.quoted(row.getString(cell)))
            + " in column "
            + UserError.quoted(column)
            + " "
            + table.place(row)
            + ", where "
            + wanted
            + " must stand; mend or remove it");
  }

  private static void checkSize(
      TraceTable table, SortedMap<Long, Double> histogram, String column) {
    if (histogram.isEmpty()) {
      throw table.error("has no rows; give one that has");
    }
    if (histogram.size() > MOST_VALUES) {
      throw table.error(
          "has more than "
              + MOST_VALUES
              + " different values in column "
              + UserError.quoted(column)
              + "; round them up, for example to multiples of 16");
    }
  }

  private static void checkTotal(
      TraceTable table, SortedMap<Long, Double> histogram, String count) {
    double total = histogram.values().stream().mapToDouble(Double::doubleValue).sum();
    if (total == 0) {
      throw table.error(
          "has no count above 0 in column "
              + UserError.quoted(count)
              + "; name the column that says how often a row occurred");
    }
    if (Double.isInfinite(total)) {
      throw table.error(
          "has counts in column "
              + UserError.quoted(count)
              + " whose sum is too large for a float64; divide them by their greatest");
    }
  }

  private static <T> T attempt(Place file, Callable<T> step) {
    return explained(file, () -> Attempts.of(step));
  }

  /** What Spark throws becomes a sentence: the file is what it stumbles on here. */
  private static <T> T explained(Place file, Callable<T> step) {
    try {
      return step.call();
    } catch (UserError e) {
      throw e;
    } catch (FileSystemException e) { // of the storage
      throw UserError.of("the trace " + file + " cannot be read", e, "check its permissions");
    } catch (Exception e) { // Scala declares none of those that it throws
      throw new UserError(
          "the trace "
              + file
              + " cannot be read ("
              + SparkFailures.reason(e)
              + "); write it again as CSV or Parquet",
          e);
    }
  }
}
