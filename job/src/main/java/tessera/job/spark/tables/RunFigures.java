package tessera.job.spark.tables;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import tessera.measure.Timing;
import tessera.storage.Place;

/**
 * Reads the log of a search for people: the figures of its rounds, how its trials ended, and how
 * steady the device was.
 */
public final class RunFigures {
  /** A round as it was logged. */
  public record Round(
      int round,
      int trials,
      int ok,
      double busyShare,
      int heldOut,
      double spearman,
      double priorSpearman,
      double topRecall) {}

  /** How many trials ended in one way. */
  public record Ending(String outcome, long trials) {}

  /** The fixed kernel that ran beside the trials of one worker: its speed in GFLOP/s. */
  public record Reference(String worker, double low, double median, double high) {}

  private static final double[] NONE = {};

  private static final StructType SPEEDS =
      Schemas.of(
          Schemas.column("worker", DataTypes.StringType),
          Schemas.column("gflops", DataTypes.DoubleType));

  private final SparkSession spark;
  private final List<Row> rounds;
  private final List<Row> trials;

  private RunFigures(SparkSession spark, List<Row> rounds, List<Row> trials) {
    this.spark = spark;
    this.rounds = rounds;
    this.trials = trials;
  }

  /**
   * @param folder with the log
   * @throws tessera.UserError where it is damaged or cannot be read
   */
  public static RunFigures read(SparkSession spark, Place folder) {
    LoggedRounds logged = new LoggedRounds(folder);
    int count = logged.count();
    return new RunFigures(
        spark,
        IntStream.range(0, count).mapToObj(logged::figures).toList(),
        IntStream.range(0, count).boxed().flatMap(n -> logged.trials(n).stream()).toList());
  }

  /** Whether no round was finished, so that there is nothing else to ask for. */
  public boolean isEmpty() {
    return rounds.isEmpty();
  }

  public List<Round> rounds() {
    return IntStream.range(0, rounds.size()).mapToObj(n -> round(n, rounds.get(n))).toList();
  }

  private static Round round(int round, Row row) {
    return new Round(
        round,
        row.getAs("trials"),
        row.getAs("ok"),
        row.getAs("device_busy_share"),
        row.getAs("held_out"),
        row.getAs("spearman"),
        row.getAs("prior_spearman"),
        row.getAs("top8_recall"));
  }

  /** By worker; the 5th, 50th and 95th percentile. Empty where no fixed kernel ran. */
  public List<Reference> references() {
    return spark
        .createDataFrame(trials.stream().flatMap(RunFigures::speeds).toList(), SPEEDS)
        .groupBy("worker")
        .agg(functions.expr("percentile(gflops, array(0.05, 0.5, 0.95))").as("speeds"))
        .orderBy("worker")
        .collectAsList()
        .stream()
        .map(RunFigures::reference)
        .toList();
  }

  private static Stream<Row> speeds(Row trial) {
    return trial.<Row>getList(trial.fieldIndex("timings")).stream()
        .map(timing -> TrialColumns.observed(timing).getOrDefault(Timing.REFERENCE, NONE))
        .flatMapToDouble(Arrays::stream)
        .mapToObj(speed -> RowFactory.create(trial.getAs("worker"), speed));
  }

  private static Reference reference(Row row) {
    List<Double> speeds = row.getList(row.fieldIndex("speeds"));
    return new Reference(row.getAs("worker"), speeds.get(0), speeds.get(1), speeds.get(2));
  }

  /** The most frequent first. */
  public List<Ending> endings() {
    return trials.stream()
        .collect(Collectors.groupingBy(row -> row.<String>getAs("outcome"), Collectors.counting()))
        .entrySet()
        .stream()
        .map(ending -> new Ending(ending.getKey(), ending.getValue()))
        .sorted(Comparator.comparing(Ending::trials).reversed().thenComparing(Ending::outcome))
        .toList();
  }
}
