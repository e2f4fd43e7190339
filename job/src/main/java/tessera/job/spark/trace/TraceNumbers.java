package tessera.job.spark.trace;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.floor;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.when;

import org.apache.spark.sql.Column;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StringType;
import tessera.workload.trace.TraceReader;

/** Cells of traces as numbers; null for a cell that is none. */
final class TraceNumbers {
  /** Wide enough for all values, with room for fractions to be seen. */
  private static final String EXACT = "decimal(38, 18)";

  /** What Java alone takes for a number is left out: NaN, 0x1p3, 10d. */
  private static final String NUMBER = "\\s*[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?\\s*";

  private TraceNumbers() {}

  /** Whether cells of a type can be numbers at all. */
  static boolean can(DataType type) {
    return type instanceof NumericType || type instanceof StringType;
  }

  /** A whole number from 1 to {@link TraceReader#MOST_VALUE} as bigint. */
  static Column whole(Column cell, DataType type) {
    Column number =
        type instanceof StringType
            ? coalesce(cell.try_cast("bigint"), unfractioned(cell.try_cast(EXACT)))
            : unfractioned(cell);
    return when(number.between(1, TraceReader.MOST_VALUE), number);
  }

  private static Column unfractioned(Column number) {
    Column floor = floor(number);
    return when(number.equalTo(floor), floor.try_cast("bigint"));
  }

  /** A finite number of 0 or more as double. */
  static Column frequency(Column cell, DataType type) {
    Column number =
        type instanceof StringType
            ? when(cell.rlike("^" + NUMBER + "$"), cell.try_cast("double"))
            : cell.cast("double");
    return when(number.geq(0).and(number.lt(lit(Double.POSITIVE_INFINITY))), number);
  }
}
