package tessera.job.spark.tables;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import tessera.job.records.RunFolder;
import tessera.microkernel.MicroKernel;
import tessera.storage.Place;
import tessera.workload.Instance;

/**
 * {@code contest/pass=N} of a run: what each micro-kernel took on the instances that it was timed
 * on, in Parquet. A run that is resumed after its search replaces it.
 */
public final class ContestTable {
  static final StructType SCHEMA =
      Schemas.of(
          Schemas.column("family", DataTypes.StringType),
          Schemas.column("parameters", Schemas.COUNTS),
          Schemas.column("shape", Schemas.LONGS),
          Schemas.column("weight", DataTypes.DoubleType),
          Schemas.column("seconds", DataTypes.DoubleType));

  private ContestTable() {}

  /**
   * @param run the run's folder
   * @param pass counted from 1
   * @param seconds [kernel][instance], NaN where a kernel was not timed
   */
  public static void write(
      Place run,
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
      ParquetTable.write(rows, SCHEMA, run.resolve("contest").resolve("pass=" + pass));
    } catch (IOException e) {
      throw RunFolder.unwritable(run, e);
    }
  }
}
