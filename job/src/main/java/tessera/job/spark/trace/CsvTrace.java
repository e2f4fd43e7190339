package tessera.job.spark.trace;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.from_csv;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.monotonically_increasing_id;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.trim;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import tessera.job.storage.Attempts;
import tessera.storage.Place;

/** A trace in a CSV file, also compressed; its first line that is not blank is the header. */
final class CsvTrace extends TraceTable {
  private static final String LINE = "line";
  private static final String CELLS = "cells";
  private static final String CORRUPT = "corrupt";
  private static final Map<String, String> FORMAT =
      Map.of(
          "escape", "\"",
          "ignoreLeadingWhiteSpace", "true",
          "ignoreTrailingWhiteSpace", "true",
          "columnNameOfCorruptRecord", CORRUPT);

  /** All lines, blank ones too, with their places. */
  private final Dataset<Row> lines;

  private final Row header;

  private CsvTrace(Place file, List<String> names, Dataset<Row> lines, Row header) {
    super(file, names);
    this.lines = lines;
    this.header = header;
  }

  static CsvTrace open(SparkSession spark, Place file) throws Exception {
    Dataset<Row> text = Attempts.of(() -> spark.read().text(SparkFiles.pattern(file)));
    Dataset<Row> lines =
        text.select(
            text.metadataColumn("_metadata").getField("file_block_start").as(BLOCK),
            monotonically_increasing_id().as(ROW),
            text.col("value").as(LINE));
    List<Row> first = Attempts.of(() -> lines.filter(isNotBlank()).takeAsList(1));
    if (first.isEmpty()) {
      throw error(file, "is empty; give one with a header line and rows");
    }
    return new CsvTrace(file, names(spark, first.get(0).getString(2)), lines, first.get(0));
  }

  private static Column isNotBlank() {
    return trim(col(LINE)).notEqual("");
  }

  private static List<String> names(SparkSession spark, String header) {
    Row cells =
        spark
            .read()
            .options(FORMAT)
            .csv(spark.createDataset(List.of(header), Encoders.STRING()))
            .head();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < cells.size(); i++) {
      names.add(cells.isNullAt(i) ? "" : cells.getString(i).strip());
    }
    return names;
  }

  @Override
  Dataset<Row> cells(List<Integer> values, Optional<Integer> count) {
    Column isHeader =
        col(BLOCK).equalTo(header.getLong(0)).and(col(ROW).equalTo(header.getLong(1)));
    List<Column> columns = named(values, count, CsvTrace::cell);
    columns.addAll(
        List.of(col(CELLS).getField(CORRUPT).isNotNull().as(RAGGED), col(BLOCK), col(ROW)));
    return lines
        .filter(isNotBlank().and(not(isHeader)))
        .select(col(BLOCK), col(ROW), from_csv(col(LINE), lit(schema().toDDL()), FORMAT).as(CELLS))
        .select(columns.toArray(Column[]::new));
  }

  private StructType schema() {
    return DataTypes.createStructType(
        Stream.concat(
                IntStream.range(0, names().size()).mapToObj(CsvTrace::name), Stream.of(CORRUPT))
            .map(name -> DataTypes.createStructField(name, DataTypes.StringType, true))
            .toList());
  }

  private static String name(int column) {
    return "c" + column;
  }

  private static Column cell(int column) {
    return col(CELLS).getField(name(column));
  }

  @Override
  DataType type(int column) {
    return DataTypes.StringType;
  }

  @Override
  String place(Row row) {
    Column before =
        col(BLOCK)
            .lt(row.getLong(0))
            .or(col(BLOCK).equalTo(row.getLong(0)).and(col(ROW).leq(row.getLong(1))));
    return "on line " + lines.filter(before).count();
  }
}
