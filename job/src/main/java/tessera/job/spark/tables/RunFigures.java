package tessera.job.spark.tables;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import tessera.Count;
import tessera.measure.Timing;
import tessera.storage.Place;
import tessera.trial.Trial;

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

  /**
   * What a device did.
   *
   * @param busySeconds for which it verified or timed
   * @param seconds from its first trial to its last
   * @param overlaps trials that it began before another was finished
   */
  public record Occupation(
      String device, int trials, double busySeconds, double seconds, int overlaps) {
    /**
     * @param periods begin and end of each trial, in microseconds
     */
    static Occupation of(String device, List<long[]> periods) {
      List<long[]> inOrder =
          periods.stream().sorted(Comparator.comparingLong(period -> period[0])).toList();
      long busy = 0;
      long end = Long.MIN_VALUE;
      int overlaps = 0;
      for (long[] period : inOrder) {
        overlaps += period[0] < end ? 1 : 0;
        busy += period[1] - period[0];
        end = Math.max(end, period[1]);
      }
      return new Occupation(
          device, periods.size(), 1e-6 * busy, 1e-6 * (end - inOrder.get(0)[0]), overlaps);
    }

    /** A line for people. */
    public String words() {
      return String.format(
          Locale.ROOT,
          "device     %s measured %s, for %.1f of %.1f s, %s",
          device,
          Count.of(trials, "trial"),
          busySeconds,
          seconds,
          overlapping());
    }

    private String overlapping() {
      return switch (overlaps) {
        case 0 -> "never two at once";
        case 1 -> "once two at once";
        default -> overlaps + " times two at once";
      };
    }
  }

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

  /** By device; empty where the log does not say when its trials were measured. */
  public List<Occupation> occupations() {
    return occupations(List.of(this));
  }

  /** What devices did in several runs together. */
  public static List<Occupation> occupations(List<RunFigures> runs) {
    return runs.stream()
        .flatMap(run -> run.trials.stream())
        .filter(trial -> TrialColumns.beganMicros(trial) > 0)
        .collect(
            Collectors.groupingBy(
                trial -> Trial.device(trial.<String>getAs("worker")),
                TreeMap::new,
                Collectors.mapping(RunFigures::period, Collectors.toList())))
        .entrySet()
        .stream()
        .map(device -> Occupation.of(device.getKey(), device.getValue()))
        .toList();
  }

  /** From when a trial got its device to when it had been timed, in microseconds. */
  private static long[] period(Row trial) {
    long begin = TrialColumns.beganMicros(trial);
    long nanos = trial.<Long>getAs("verify_nanos") + trial.<Long>getAs("time_nanos");
    return new long[] {begin, begin + nanos / 1000};
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
