package tessera.job.spark.tables;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import scala.collection.JavaConverters;
import tessera.measure.Outcome;
import tessera.measure.Timing;
import tessera.microkernel.FormerNames;
import tessera.microkernel.MicroKernel;
import tessera.operator.GemmShape;
import tessera.operator.Operator;
import tessera.operator.Problem;
import tessera.trial.Trial;

/**
 * The columns of a trial log, and those that older logs have instead. Version 3 added what a
 * micro-kernel takes of a GPU, 4 a GPU's clock and reference speed; since 5 a back end names in
 * maps what it logs; 6 renamed a parameter ({@link FormerNames}); since 7 a timing has the extents
 * of the operator's axes by their names; since 8 a trial says when it got its device, and since 9
 * what was predicted of it, and since 10 of which former run it is.
 */
final class TrialColumns {
  static final int SCHEMA_VERSION = 10;

  private static final List<String> FORMER_RESOURCES =
      List.of("registers", "spill_bytes", "shared_bytes", "resident_blocks");
  private static final List<String> FORMER_EXTENTS = List.of("batch", "m", "n", "k");
  private static final List<String> FORMER_OBSERVED = List.of("clock_mhz", "reference_gflops");

  private static final StructType TIMING =
      Schemas.of(
          Schemas.column(
              "extents", DataTypes.createMapType(DataTypes.StringType, DataTypes.LongType)),
          Schemas.column("seconds", DataTypes.DoubleType),
          Schemas.column("nanos", Schemas.DOUBLES),
          Schemas.column("probe_gflops", Schemas.DOUBLES),
          Schemas.column(
              "observed", DataTypes.createMapType(DataTypes.StringType, Schemas.DOUBLES)),
          Schemas.optional("predicted_seconds", DataTypes.DoubleType),
          Schemas.optional("prior_seconds", DataTypes.DoubleType));

  /** What is written. */
  static final StructType WRITTEN = trial(TIMING, List.of());

  /** What is read: a column that a log lacks is null. */
  static final StructType READ =
      trial(
          Schemas.of(
              Stream.of(
                      Stream.of(TIMING.fields()),
                      FORMER_EXTENTS.stream().map(name -> Schemas.column(name, DataTypes.LongType)),
                      FORMER_OBSERVED.stream().map(name -> Schemas.column(name, Schemas.DOUBLES)))
                  .flatMap(columns -> columns)
                  .toArray(StructField[]::new)),
          FORMER_RESOURCES.stream()
              .map(name -> Schemas.column(name, DataTypes.IntegerType))
              .toList());

  private TrialColumns() {}

  private static StructType trial(StructType timing, List<StructField> former) {
    StructType own =
        Schemas.of(
            Schemas.column("schema_version", DataTypes.IntegerType),
            Schemas.column("index", DataTypes.IntegerType),
            Schemas.column("family", DataTypes.StringType),
            Schemas.column("kernel", DataTypes.StringType),
            Schemas.column("parameters", Schemas.COUNTS),
            Schemas.column("outcome", DataTypes.StringType),
            Schemas.column("message", DataTypes.StringType),
            Schemas.column("resources", Schemas.COUNTS),
            Schemas.column("build_nanos", DataTypes.LongType),
            Schemas.column("verify_nanos", DataTypes.LongType),
            Schemas.column("time_nanos", DataTypes.LongType),
            Schemas.column("timings", DataTypes.createArrayType(timing)),
            Schemas.column("worker", DataTypes.StringType),
            Schemas.column("began_micros", DataTypes.LongType),
            Schemas.column("target", DataTypes.StringType),
            Schemas.column("peak_gflops", DataTypes.DoubleType),
            Schemas.column("policy", DataTypes.StringType),
            Schemas.optional("former_run", DataTypes.StringType));
    return Schemas.of(
        Stream.concat(Stream.of(own.fields()), former.stream()).toArray(StructField[]::new));
  }

  /** A map as a row takes it. */
  static <V> scala.collection.Map<String, V> scala(Map<String, V> map) {
    return JavaConverters.mapAsScalaMapConverter(map).asScala();
  }

  /** A row as a trial of an operator. */
  static Trial trial(Row row, Operator operator) {
    List<Row> timings = row.getList(row.fieldIndex("timings"));
    return new Trial(
        kernel(row),
        Outcome.valueOf(row.getAs("outcome")),
        row.getAs("message"),
        resources(row),
        row.getAs("build_nanos"),
        row.getAs("verify_nanos"),
        row.getAs("time_nanos"),
        timings.stream().map(timing -> timing(timing, operator)).toList(),
        row.getAs("worker"),
        beganMicros(row));
  }

  private static Timing timing(Row row, Operator operator) {
    return new Timing(
        new Problem(operator, extents(row, operator)),
        doubles(row, "nanos"),
        doubles(row, "probe_gflops"),
        observed(row));
  }

  /** The micro-kernel of a row, which may be one of a former version. */
  static MicroKernel kernel(Row row) {
    Map<String, Integer> parameters = row.getJavaMap(row.fieldIndex("parameters"));
    String family = row.getAs("family");
    return new MicroKernel(family, FormerNames.current(family, parameters));
  }

  /** The values of a row of any version in today's columns. */
  static List<Object> todays(Row row, Operator operator) {
    List<Row> timings = row.getList(row.fieldIndex("timings"));
    List<Object> values = new ArrayList<>();
    for (String column : WRITTEN.fieldNames()) {
      values.add(
          switch (column) {
            case "parameters" -> scala(kernel(row).parameters());
            case "resources" -> scala(resources(row));
            case "began_micros" -> beganMicros(row);
            case "timings" ->
                timings.stream().map(timing -> todaysTiming(timing, operator)).toArray();
            default -> row.get(row.fieldIndex(column));
          });
    }
    return values;
  }

  private static Row todaysTiming(Row timing, Operator operator) {
    return RowFactory.create(
        scala(extents(timing, operator)),
        timing.getAs("seconds"),
        doubles(timing, "nanos"),
        doubles(timing, "probe_gflops"),
        scala(observed(timing)),
        timing.getAs("predicted_seconds"),
        timing.getAs("prior_seconds"));
  }

  /** When a trial got its device, as {@link tessera.trial.Trial} says it; an older log has not. */
  static long beganMicros(Row trial) {
    int field = trial.fieldIndex("began_micros");
    return trial.isNullAt(field) ? 0 : trial.getLong(field);
  }

  /** What a micro-kernel takes of its device; an older log says 0 where nothing was known. */
  static Map<String, Integer> resources(Row trial) {
    int field = trial.fieldIndex("resources");
    if (!trial.isNullAt(field)) {
      return new TreeMap<>(trial.<String, Integer>getJavaMap(field));
    }
    Map<String, Integer> counts = new TreeMap<>();
    for (String name : FORMER_RESOURCES) {
      int former = trial.fieldIndex(name);
      if (!trial.isNullAt(former) && trial.getInt(former) > 0) {
        counts.put(name, trial.getInt(former));
      }
    }
    return counts;
  }

  /**
   * The extents of an operator's axes in a timing; an older log has those of the matrix
   * multiplication that the operator is to its kernels.
   */
  static Map<String, Long> extents(Row timing, Operator operator) {
    int field = timing.fieldIndex("extents");
    if (!timing.isNullAt(field)) {
      return timing.getJavaMap(field);
    }
    long[] former = FORMER_EXTENTS.stream().mapToLong(name -> timing.<Long>getAs(name)).toArray();
    GemmShape shape = new GemmShape(former[0], former[1], former[2], former[3]);
    return Problem.of(operator, shape).extents();
  }

  /** What a back end saw beside the samples of a timing. */
  static Map<String, double[]> observed(Row timing) {
    int field = timing.fieldIndex("observed");
    Map<String, double[]> observed = new TreeMap<>();
    if (timing.isNullAt(field)) {
      for (String name : FORMER_OBSERVED) {
        double[] samples = doubles(timing, name);
        if (samples.length > 0) {
          observed.put(name, samples);
        }
      }
      return observed;
    }
    Map<String, scala.collection.Seq<Double>> logged = timing.getJavaMap(field);
    logged.forEach(
        (name, samples) ->
            observed.put(name, doubles(JavaConverters.seqAsJavaListConverter(samples).asJava())));
    return observed;
  }

  /** Samples of a timing; none where its log lacks them. */
  static double[] doubles(Row timing, String name) {
    int field = timing.fieldIndex(name);
    return timing.isNullAt(field) ? new double[0] : doubles(timing.<Double>getList(field));
  }

  private static double[] doubles(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }
}
