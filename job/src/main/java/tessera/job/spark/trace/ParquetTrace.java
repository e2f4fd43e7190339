package tessera.job.spark.trace;

import static org.apache.spark.sql.functions.lit;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import tessera.job.storage.Attempts;
import tessera.storage.Place;

/** A trace in a Parquet file or a folder of them. */
final class ParquetTrace extends TraceTable {
  private final Dataset<Row> table;
  private final boolean folder;

  private ParquetTrace(Place file, boolean folder, Dataset<Row> table) {
    super(file, Arrays.stream(table.columns()).map(String::strip).toList());
    this.table = table;
    this.folder = folder;
  }

  static ParquetTrace open(SparkSession spark, Place file, boolean folder) throws Exception {
    return new ParquetTrace(
        file, folder, Attempts.of(() -> spark.read().parquet(SparkFiles.pattern(file))));
  }

  @Override
  Dataset<Row> cells(List<Integer> values, Optional<Integer> count) {
    Column metadata = table.metadataColumn("_metadata");
    List<Column> columns = named(values, count, this::column);
    columns.addAll(
        List.of(
            lit(false).as(RAGGED),
            metadata.getField("file_name").as(BLOCK),
            metadata.getField("row_index").as(ROW)));
    return table.select(columns.toArray(Column[]::new));
  }

  private Column column(int index) {
    return table.col("`" + table.columns()[index].replace("`", "``") + "`");
  }

  @Override
  DataType type(int column) {
    return table.schema().fields()[column].dataType();
  }

  @Override
  String place(Row row) {
    return "in row " + (row.getLong(1) + 1) + (folder ? " of " + row.getString(0) : "");
  }
}
