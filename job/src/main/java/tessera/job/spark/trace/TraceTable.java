package tessera.job.spark.trace;

import static org.apache.spark.sql.functions.lit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import tessera.UserError;
import tessera.storage.Place;

/** The table in a trace's file, whose rows know where they stand. */
abstract class TraceTable {
  /* Columns of cells() beside the values: the count's cell, whether the row is longer or shorter than the header, the part of
   * the file that it stands in, and its number there. */
  static final String COUNT = "count";
  static final String RAGGED = "ragged";
  static final String BLOCK = "block";
  static final String ROW = "row";

  private static final String MAGIC = "PAR1";
  private static final int MOST_NAMED = 20;

  private final Place file;
  private final List<String> names;

  /**
   * @param names of the columns, without spaces around them
   */
  TraceTable(Place file, List<String> names) {
    this.file = file;
    this.names = List.copyOf(names);
  }

  /**
   * @throws UserError where the file is missing, empty, or not what its name says
   * @throws Exception of Spark or the storage, where the file cannot be read
   */
  static TraceTable open(SparkSession spark, Place file) throws Exception {
    boolean folder = file.isFolder();
    if (!folder && !file.isFile()) {
      throw error(file, "does not exist; paths are relative to the workload file");
    }
    if (!file.onDisk().map(Files::isReadable).orElse(true)) {
      throw error(file, "may not be read; change its permissions");
    }
    String name = file.name();
    if (name.contains(":")) {
      throw error(file, "has ':' in its name, which Spark cannot read; rename it");
    }
    if (isHidden(name)) {
      throw error(file, "has a name that Spark takes for hidden; rename it to start with a letter");
    }
    if (folder && file.list().stream().allMatch(inner -> isHidden(inner.name()))) {
      throw error(file, "is a folder without files; give one with Parquet files");
    }
    if (folder || isParquet(file)) {
      return ParquetTrace.open(spark, file, folder);
    }
    if (name.endsWith(".parquet")) {
      throw error(file, "is not Parquet though its name says so; write it again or rename it");
    }
    return CsvTrace.open(spark, file);
  }

  /** Whether Spark passes over it. */
  private static boolean isHidden(String name) {
    return name.startsWith("_") || name.startsWith(".");
  }

  private static boolean isParquet(Place file) throws IOException {
    return new String(file.head(MAGIC.length()), StandardCharsets.ISO_8859_1).equals(MAGIC);
  }

  /** The name of a value's cell in {@link #cells}. */
  static String value(int index) {
    return "value" + index;
  }

  /** The named columns' cells with their places; 1 where there is no count. */
  abstract Dataset<Row> cells(List<Integer> values, Optional<Integer> count);

  /** The values' cells and that of the count. */
  static List<Column> named(
      List<Integer> values, Optional<Integer> count, IntFunction<Column> cell) {
    List<Column> named = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      named.add(cell.apply(values.get(i)).as(value(i)));
    }
    named.add(count.map(cell::apply).orElse(lit(1.0)).as(COUNT));
    return named;
  }

  abstract DataType type(int column);

  /** Where a row stands, of which {@link #BLOCK} and {@link #ROW} come first. */
  abstract String place(Row row);

  List<String> names() {
    return names;
  }

  /**
   * The index of a column that can hold numbers.
   *
   * @throws UserError where there is none of that name, or more than one
   */
  int number(String name) {
    List<Integer> found =
        IntStream.range(0, names.size()).filter(i -> names.get(i).equals(name)).boxed().toList();
    if (found.isEmpty()) {
      throw error("has no column " + UserError.quoted(name) + "; it has " + someNames());
    }
    if (found.size() > 1) {
      throw error(
          "has " + found.size() + " columns " + UserError.quoted(name) + "; rename all but one");
    }
    DataType type = type(found.get(0));
    if (!TraceNumbers.can(type)) {
      throw error(
          "has the type "
              + UserError.shortened(type.simpleString())
              + " in column "
              + UserError.quoted(name)
              + ", which holds no numbers; name another column or write it as integers");
    }
    return found.get(0);
  }

  private String someNames() {
    return names.stream().limit(MOST_NAMED).map(UserError::quoted).collect(Collectors.joining(", "))
        + (names.size() > MOST_NAMED ? " and " + (names.size() - MOST_NAMED) + " more" : "");
  }

  UserError error(String problem) {
    return error(file, problem);
  }

  static UserError error(Place file, String problem) {
    return new UserError("the trace " + file + " " + problem);
  }
}
