package tessera.job.spark.tables;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import tessera.job.predict.Extrapolation;
import tessera.storage.Place;
import tessera.storage.StorageFailure;
import tessera.workload.Instance;

/**
 * {@code timings.parquet} of a bundle: what its plans took on the instances that the dispatcher was
 * trained on, each on those for which it was a contender.
 */
public final class TimingsTable {
  static final StructType SCHEMA =
      Schemas.of(
          Schemas.column("shape", Schemas.LONGS),
          Schemas.column("weight", DataTypes.DoubleType),
          Schemas.column("plan", DataTypes.IntegerType),
          Schemas.column("seconds", DataTypes.DoubleType));

  private TimingsTable() {}

  /**
   * @param seconds [plan][instance]; NaN where a plan was not timed
   * @return the bytes of one Parquet file
   */
  public static byte[] parquet(List<Instance> instances, double[][] seconds) {
    return ParquetFile.bytes(rows(instances, seconds), SCHEMA);
  }

  /** The same as a DataFrame. */
  public static Dataset<Row> table(SparkSession spark, Extrapolation.Table timings) {
    return spark.createDataFrame(rows(timings.instances(), timings.seconds()), SCHEMA);
  }

  private static List<Row> rows(List<Instance> instances, double[][] seconds) {
    List<Row> rows = new ArrayList<>();
    for (int plan = 0; plan < seconds.length; plan++) {
      for (int i = 0; i < instances.size(); i++) {
        Instance instance = instances.get(i);
        if (!Double.isNaN(seconds[plan][i])) {
          rows.add(RowFactory.create(instance.shape(), instance.weight(), plan, seconds[plan][i]));
        }
      }
    }
    return rows;
  }

  /**
   * @param file of a published bundle
   * @param plans of the bundle
   * @return seconds of [plan][instance]; NaN where a plan was not timed
   */
  public static Extrapolation.Table read(Place file, int plans) {
    List<Row> rows = rows(file);
    Map<List<Long>, Integer> places = new HashMap<>();
    List<Instance> instances = new ArrayList<>();
    for (Row row : rows) {
      List<Long> shape = row.getList(row.fieldIndex("shape"));
      if (places.putIfAbsent(List.copyOf(shape), instances.size()) == null) {
        instances.add(new Instance(List.copyOf(shape), row.getAs("weight")));
      }
    }
    double[][] seconds = new double[plans][instances.size()];
    Arrays.stream(seconds).forEach(plan -> Arrays.fill(plan, Double.NaN));
    for (Row row : rows) {
      int place = places.get(List.copyOf(row.<Long>getList(row.fieldIndex("shape"))));
      seconds[row.<Integer>getAs("plan")][place] = row.getAs("seconds");
    }
    return new Extrapolation.Table(instances, seconds);
  }

  private static List<Row> rows(Place file) {
    try {
      return ParquetFile.rows(file.read(), SCHEMA);
    } catch (IOException e) {
      throw StorageFailure.of(
          "the table " + file + " cannot be read", e, "publish the bundle again");
    }
  }
}
