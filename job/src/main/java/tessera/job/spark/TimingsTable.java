package tessera.job.spark;

import java.io.IOException;
import java.nio.file.Files;
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
import tessera.compile.TemporaryFiles;
import tessera.workload.Instance;

/**
 * {@code timings.parquet} of a bundle: what its plans took on the instances that the dispatcher was
 * trained on, each on those for which it was a contender.
 */
public final class TimingsTable {
  private static final StructType SCHEMA =
      new StructType(
          new StructField[] {
            new StructField(
                "shape", DataTypes.createArrayType(DataTypes.LongType), false, Metadata.empty()),
            new StructField("weight", DataTypes.DoubleType, false, Metadata.empty()),
            new StructField("plan", DataTypes.IntegerType, false, Metadata.empty()),
            new StructField("seconds", DataTypes.DoubleType, false, Metadata.empty())
          });

  private TimingsTable() {}

  /**
   * @param seconds [plan][instance]; NaN where a plan was not timed
   * @return the bytes of one Parquet file
   */
  public static byte[] parquet(SparkSession spark, List<Instance> instances, double[][] seconds) {
    List<Row> rows = new ArrayList<>();
    for (int plan = 0; plan < seconds.length; plan++) {
      for (int i = 0; i < instances.size(); i++) {
        Instance instance = instances.get(i);
        if (!Double.isNaN(seconds[plan][i])) {
          rows.add(RowFactory.create(instance.shape(), instance.weight(), plan, seconds[plan][i]));
        }
      }
    }
    Path folder = TemporaryFiles.folder("tessera-timings");
    try {
      Path table = folder.resolve("table");
      SparkFiles.write(spark, rows, SCHEMA, table);
      return onlyPart(table);
    } catch (IOException e) {
      throw TemporaryFiles.unusable(e);
    } finally {
      TemporaryFiles.delete(folder);
    }
  }

  private static byte[] onlyPart(Path table) throws IOException {
    try (var files = Files.list(table)) {
      Path part =
          files.filter(file -> file.toString().endsWith(".parquet")).findFirst().orElseThrow();
      return Files.readAllBytes(part);
    }
  }
}
