package tessera.job.spark.tables;

import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

/** Schemas of tables. */
public final class Schemas {
  static final ArrayType LONGS = DataTypes.createArrayType(DataTypes.LongType);
  static final ArrayType DOUBLES = DataTypes.createArrayType(DataTypes.DoubleType);

  /** Whole numbers by their names: a micro-kernel's parameters. */
  static final MapType COUNTS =
      DataTypes.createMapType(DataTypes.StringType, DataTypes.IntegerType);

  private Schemas() {}

  /** A schema of columns in their order. */
  public static StructType of(StructField... columns) {
    return new StructType(columns);
  }

  /** A column that tables of earlier versions lack. */
  static StructField optional(String name, DataType type) {
    return new StructField(name, type, true, Metadata.empty());
  }

  /** A column that has a value in every row. */
  public static StructField column(String name, DataType type) {
    return new StructField(name, type, false, Metadata.empty());
  }
}
