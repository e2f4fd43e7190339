package tessera.job.spark.tables;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import tessera.Json;
import tessera.UserError;
import tessera.backend.Target;
import tessera.job.records.RunFolder;
import tessera.job.records.TrialLog;
import tessera.job.search.Learner;
import tessera.measure.Outcome;
import tessera.measure.Timing;
import tessera.measure.TimingPolicy;
import tessera.microkernel.FormerNames;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.operator.Operator;
import tessera.operator.Problem;
import tessera.storage.Place;
import tessera.trial.Trial;

/**
 * The trial log as Parquet: {@code trials/round=N/} with a row for each trial and {@code
 * rounds/round=N/} with the round's figures. A round counts once both have their {@code _SUCCESS}
 * mark; what a killed run left behind is overwritten.
 */
public final class ParquetTrialLog implements TrialLog {
  static final StructType ROUND =
      Schemas.of(
          Schemas.column("trials", DataTypes.IntegerType),
          Schemas.column("ok", DataTypes.IntegerType),
          Schemas.column("device_busy_share", DataTypes.DoubleType),
          Schemas.column("held_out", DataTypes.IntegerType),
          Schemas.column("spearman", DataTypes.DoubleType),
          Schemas.column("prior_spearman", DataTypes.DoubleType),
          Schemas.column("top8_recall", DataTypes.DoubleType));

  private final SparkSession spark;
  private final Place folder;
  private final Operator operator;
  private final SearchSpace space;
  private final Target target;
  private final TimingPolicy policy;

  public ParquetTrialLog(
      SparkSession spark,
      Place folder,
      Operator operator,
      SearchSpace space,
      Target target,
      TimingPolicy policy) {
    this.spark = spark;
    this.folder = folder;
    this.operator = operator;
    this.space = space;
    this.target = target;
    this.policy = policy;
  }

  private Place place(String table, int round) {
    return place(folder, table, round);
  }

  private static Place place(Place folder, String table, int round) {
    return folder.resolve(table).resolve(String.format(Locale.ROOT, "round=%04d", round));
  }

  @Override
  public void append(int round, List<Trial> trials, Learner.Scores scores, double busyShare) {
    List<Row> rows = new ArrayList<>();
    trials.forEach(trial -> rows.add(row(rows.size(), trial)));
    write(rows, TrialColumns.WRITTEN, place("trials", round));
    int ok = (int) trials.stream().filter(Trial::isOk).count();
    Row figures =
        RowFactory.create(
            trials.size(),
            ok,
            busyShare,
            scores.heldOut(),
            scores.spearman(),
            scores.priorSpearman(),
            scores.topRecall());
    write(List.of(figures), ROUND, place("rounds", round));
  }

  private void write(List<Row> rows, StructType schema, Place place) {
    try {
      ParquetTable.write(rows, schema, place);
    } catch (IOException e) {
      throw RunFolder.unwritable(folder, e);
    }
  }

  private Row row(int index, Trial trial) {
    List<Row> timings =
        trial.timings().stream()
            .map(
                t ->
                    RowFactory.create(
                        TrialColumns.scala(t.problem().extents()),
                        t.seconds(target.peakGflops()),
                        t.nanos(),
                        t.speeds(),
                        TrialColumns.scala(t.observed())))
            .toList();
    return RowFactory.create(
        TrialColumns.SCHEMA_VERSION,
        index,
        trial.kernel().family(),
        space.family(trial.kernel()).label(trial.kernel()),
        TrialColumns.scala(trial.kernel().parameters()),
        trial.outcome().name(),
        trial.message(),
        TrialColumns.scala(trial.resources()),
        trial.buildNanos(),
        trial.verifyNanos(),
        trial.timeNanos(),
        timings.toArray(),
        trial.worker(),
        target.fingerprint(),
        target.peakGflops(),
        Json.line(policy));
  }

  @Override
  public int nextRound() {
    try {
      int round = 0;
      while (isWhole(folder, round)) {
        round++;
      }
      return round;
    } catch (IOException e) {
      throw RunFolder.unreadable(folder, e);
    }
  }

  /** Whether a round of the log in a folder was finished. */
  static boolean isWhole(Place folder, int round) throws IOException {
    return ParquetTable.isWhole(place(folder, "trials", round))
        && ParquetTable.isWhole(place(folder, "rounds", round));
  }

  @Override
  public List<Trial> read() {
    List<Trial> trials = new ArrayList<>();
    int rounds = nextRound();
    for (int round = 0; round < rounds; round++) {
      rows(round).forEach(row -> trials.add(trial(row)));
    }
    for (Trial trial : trials) {
      if (!space.covers(trial.kernel())) {
        throw new UserError(
            folder
                + " has trials of "
                + trial.kernel().key()
                + ", which this version of Tessera does not search; begin a new run");
      }
    }
    removeLeftovers(rounds);
    return trials;
  }

  /** Of one round, in order; a whole one has some unless its figures say none, with outcomes. */
  private List<Row> rows(int round) {
    Place place = place("trials", round);
    List<Row> rows =
        SparkFailures.reading(
            () ->
                spark
                    .read()
                    .schema(TrialColumns.READ)
                    .parquet(SparkFiles.pattern(place))
                    .orderBy("index")
                    .collectAsList());
    if (rows.isEmpty() && !isEmpty(round)
        || rows.stream().anyMatch(row -> row.getAs("outcome") == null)) {
      throw SparkFailures.damaged(place.toString());
    }
    return rows;
  }

  /** Whether nothing was measured in a round, which was logged until empty rounds were left out. */
  private boolean isEmpty(int round) {
    return SparkFailures.reading(
        () ->
            spark
                    .read()
                    .schema(ROUND)
                    .parquet(SparkFiles.pattern(place("rounds", round)))
                    .filter("trials = 0")
                    .count()
                > 0);
  }

  /** A round that was being written when its run was killed: it is measured again. */
  private void removeLeftovers(int round) {
    for (String table : List.of("trials", "rounds")) {
      try {
        place(table, round).delete();
      } catch (IOException e) {
        throw RunFolder.unwritable(folder, e);
      }
    }
  }

  /** The micro-kernel of a row, whose parameters may have former names. */
  static MicroKernel kernel(Row row) {
    Map<String, Integer> parameters = row.getJavaMap(row.fieldIndex("parameters"));
    return new MicroKernel(row.getAs("family"), FormerNames.current(parameters));
  }

  private Trial trial(Row row) {
    List<Row> timings = row.getList(row.fieldIndex("timings"));
    return new Trial(
        kernel(row),
        Outcome.valueOf(row.getAs("outcome")),
        row.getAs("message"),
        TrialColumns.resources(row),
        row.getAs("build_nanos"),
        row.getAs("verify_nanos"),
        row.getAs("time_nanos"),
        timings.stream().map(this::timing).toList(),
        row.getAs("worker"));
  }

  private Timing timing(Row row) {
    return new Timing(
        new Problem(operator, TrialColumns.extents(row, operator)),
        TrialColumns.doubles(row, "nanos"),
        TrialColumns.doubles(row, "probe_gflops"),
        TrialColumns.observed(row));
  }
}
