package tessera.job.spark;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Metadata;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import tessera.job.records.RunFolder;
import tessera.microkernel.MicroKernel;
import tessera.workload.Instance;

/**
 * {@code contest/pass=N} of a run: what each micro-kernel took on the instances that it was timed
 * on, in Parquet. A run that is resumed after its search replaces it.
 */
public final class ContestTable {
  private static final StructType SCHEMA =
      new StructType(
          new StructField[] {
            new StructField("family", DataTypes.StringType, false, Metadata.empty()),
            new StructField(
                "parameters",
                DataTypes.createMapType(DataTypes.StringType, DataTypes.IntegerType),
                false,
                Metadata.empty()),
            new StructField(
                "shape", DataTypes.createArrayType(DataTypes.LongType), false, Metadata.empty()),
            new StructField("weight", DataTypes.DoubleType, false, Metadata.empty()),
            new StructField("seconds", DataTypes.DoubleType, false, Metadata.empty())
          });

  private ContestTable() {}

  /**
   * @param run the run's folder
   * @param pass counted from 1
   * @param seconds [kernel][instance], NaN where a kernel was not timed
   */
  public static void write(
      SparkSession spark,
      Path run,
      int pass,
      List<MicroKernel> kernels,
      List<Instance> instances,
      double[][] seconds) {
    List<Row> rows = new ArrayList<>();
    for (int k = 0; k < kernels.size(); k++) {
      for (int i = 0; i < instances.size(); i++) {
        if (!Double.isNaN(seconds[k][i])) {
          MicroKernel kernel = kernels.get(k);
          Instance instance = instances.get(i);
          rows.add(
              RowFactory.create(
                  kernel.family(),
                  kernel.parameters(),
                  instance.shape(),
                  instance.weight(),
                  seconds[k][i]));
        }
      }
    }
    try {
      SparkFiles.write(spark, rows, SCHEMA, run.resolve("contest").resolve("pass=" + pass));
    } catch (IOException e) {
      throw RunFolder.unwritable(run, e);
    }
  }
}
