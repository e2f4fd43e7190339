package tessera.job.spark.trace;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.when;

import java.nio.file.FileSystemException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import tessera.UserError;
import tessera.job.spark.tables.SparkFailures;
import tessera.job.storage.Attempts;
import tessera.storage.Place;
import tessera.storage.StorageFailure;
import tessera.workload.trace.TraceReader;

/**
 * Histograms of real shapes, from CSV (also compressed) or Parquet: one aggregation where every row
 * is good; where one is not, a second look finds the first of them.
 */
public final class SparkTraceReader implements TraceReader {
  /** Different values of a column: the histogram of more would not fit into the driver. */
  private static final int MOST_VALUES = 1_000_000;

  private static final String FREQUENCY = "frequency";

  private final SparkSession spark;

  public SparkTraceReader(SparkSession spark) {
    // a session of its own: names of columns may differ in case alone, times may stand beside
    // values
    this.spark = spark.newSession();
    this.spark.conf().set("spark.sql.caseSensitive", "true");
    this.spark.conf().set("spark.sql.timeType.enabled", "true");
  }

  @Override
  public List<String> columns(Place file) {
    return explained(file, () -> TraceTable.open(spark, file)).names();
  }

  @Override
  public Map<List<Long>, Double> read(Place file, List<String> columns, Optional<String> count) {
    TraceTable table = explained(file, () -> TraceTable.open(spark, file));
    List<Integer> values = columns.stream().map(table::number).toList();
    Optional<Integer> times = count.map(table::number);
    Dataset<Row> rows = numbers(table, values, times);
    int width = columns.size();
    Map<List<Long>, Double> histogram = new HashMap<>();
    for (Row group : attempt(file, () -> groups(rows, width))) {
      if (group.isNullAt(0)) {
        throw attempt(file, () -> firstBad(table, rows, columns, count));
      }
      List<Long> shape = IntStream.range(0, width).mapToObj(group::getLong).toList();
      histogram.put(shape, group.getDouble(width));
    }
    checkSize(table, histogram, columns);
    count.ifPresent(name -> checkTotal(table, histogram, name));
    return histogram;
  }

  private static Dataset<Row> numbers(
      TraceTable table, List<Integer> values, Optional<Integer> count) {
    Column frequency =
        count
            .map(at -> TraceNumbers.frequency(col(TraceTable.COUNT), table.type(at)))
            .orElse(col(TraceTable.COUNT));
    Dataset<Row> numbers = table.cells(values, count).withColumn(FREQUENCY, frequency);
    for (int i = 0; i < values.size(); i++) {
      Column cell = col(TraceTable.value(i));
      numbers = numbers.withColumn(whole(i), TraceNumbers.whole(cell, table.type(values.get(i))));
    }
    return numbers;
  }

  /** The name of a value as a number; null where its cell holds none. */
  private static String whole(int index) {
    return "whole" + index;
  }

  /** Whether a row lacks a number or cells. */
  private static Column bad(int width) {
    Column bad = col(FREQUENCY).isNull().or(col(TraceTable.RAGGED));
    for (int i = 0; i < width; i++) {
      bad = bad.or(col(whole(i)).isNull());
    }
    return bad;
  }

  /** Values with their summed counts; where a row is bad, nulls are among the values. */
  private static List<Row> groups(Dataset<Row> rows, int width) {
    return rows.groupBy(
            IntStream.range(0, width)
                .mapToObj(i -> when(bad(width), null).otherwise(col(whole(i))))
                .toArray(Column[]::new))
        .agg(sum(FREQUENCY))
        .limit(MOST_VALUES + 1)
        .collectAsList();
  }

  private static UserError firstBad(
      TraceTable table, Dataset<Row> rows, List<String> columns, Optional<String> count) {
    List<Column> looked = new ArrayList<>();
    looked.add(col(TraceTable.BLOCK));
    looked.add(col(TraceTable.ROW));
    looked.add(col(TraceTable.RAGGED));
    looked.add(col(TraceTable.COUNT).cast("string"));
    for (int i = 0; i < columns.size(); i++) {
      looked.add(col(whole(i)).isNull());
      looked.add(col(TraceTable.value(i)).cast("string"));
    }
    Row row =
        rows.filter(bad(columns.size()))
            .orderBy(TraceTable.BLOCK, TraceTable.ROW)
            .select(looked.toArray(Column[]::new))
            .head();
    if (row.getBoolean(2)) {
      return table.error(
          "has more or fewer cells than its header "
              + table.place(row)
              + "; give every line "
              + table.names().size()
              + " cells");
    }
    for (int i = 0; i < columns.size(); i++) {
      if (row.getBoolean(4 + 2 * i)) {
        String wanted = "a whole number from 1 to " + TraceReader.MOST_VALUE;
        return badCell(table, row, 5 + 2 * i, columns.get(i), wanted);
      }
    }
    return badCell(table, row, 3, count.orElseThrow(), "a finite count of 0 or more");
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
      TraceTable table, Map<List<Long>, Double> histogram, List<String> columns) {
    if (histogram.isEmpty()) {
      throw table.error("has no rows; give one that has");
    }
    if (histogram.size() > MOST_VALUES) {
      throw table.error(
          "has more than "
              + MOST_VALUES
              + " different values in column "
              + columns.stream().map(UserError::quoted).collect(Collectors.joining(" and "))
              + "; round them up, for example to multiples of 16");
    }
  }

  private static void checkTotal(
      TraceTable table, Map<List<Long>, Double> histogram, String count) {
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
      throw StorageFailure.of("the trace " + file + " cannot be read", e, "check its permissions");
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
