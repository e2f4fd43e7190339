package tessera.job.spark.tables;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.expressions.GenericRowWithSchema;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import tessera.job.records.RunFolder;
import tessera.operator.Operator;
import tessera.storage.Place;
import tessera.trial.Trial;

/**
 * The tables of a run with today's columns, whichever version wrote them. The rounds and trials are
 * those of whole rounds: what an interrupted run left of another is no part of them.
 */
public final class RunTables {
  private static final StructField SEARCH = Schemas.column("search", DataTypes.StringType);
  private static final StructField ROUND = Schemas.column("round", DataTypes.IntegerType);
  private static final StructField PASS = Schemas.column("pass", DataTypes.IntegerType);

  /** The search and the round of each trial, and the columns of the log. */
  public static final StructType TRIALS = with(TrialColumns.WRITTEN, SEARCH, ROUND);

  /** The search and the number of each round, and its figures. */
  public static final StructType ROUNDS = with(LoggedRounds.FIGURES, SEARCH, ROUND);

  /** The pass, and the columns of the contest. */
  public static final StructType CONTEST = with(ContestTable.SCHEMA, PASS);

  public static final StructType TIMINGS = TimingsTable.SCHEMA;

  private static final String CONTEST_REMEDY =
      "remove the folder of its pass, and the run can be read without its contest";

  private final RunFolder run;
  private final Operator operator;

  /**
   * A trial where it stands in the log.
   *
   * @param name of the micro-kernel, for people
   * @param predicted of each timing; empty where the log lacks it
   */
  public record Logged(
      String search, int round, int index, String name, Trial trial, List<Predicted> predicted) {}

  /**
   * What was said of a timing before it was measured.
   *
   * @param seconds by the model that the micro-kernel was proposed by
   * @param priorSeconds by the analytic prior
   */
  public record Predicted(double seconds, double priorSeconds) {}

  /** A row of one of the log's tables, with the search and the round that it is of. */
  private record Within(String search, int round, Row row) {}

  /** The rows of one round. */
  private interface Part {
    List<Row> of(LoggedRounds log, int round);
  }

  /**
   * @param operator whose axes the extents of timings are named after
   */
  public RunTables(RunFolder run, Operator operator) {
    this.run = run;
    this.operator = operator;
  }

  private static StructType with(StructType schema, StructField... first) {
    return Schemas.of(
        Stream.concat(Stream.of(first), Stream.of(schema.fields())).toArray(StructField[]::new));
  }

  /** Rows as a DataFrame. */
  public static Dataset<Row> table(SparkSession spark, List<Row> rows, StructType schema) {
    return spark.createDataFrame(rows, schema);
  }

  /** Rows of {@link #TRIALS}, in their order. */
  public List<Row> trials() {
    return trialRows()
        .map(trial -> row(trial, TrialColumns.todays(trial.row(), operator), TRIALS))
        .toList();
  }

  /** The trials in their order. */
  public List<Logged> logged() {
    return trialRows()
        .map(
            trial ->
                new Logged(
                    trial.search(),
                    trial.round(),
                    trial.row().getAs("index"),
                    trial.row().getAs("kernel"),
                    TrialColumns.trial(trial.row(), operator),
                    predicted(trial.row())))
        .toList();
  }

  private static List<Predicted> predicted(Row trial) {
    return trial.<Row>getList(trial.fieldIndex("timings")).stream()
        .filter(timing -> timing.getAs("predicted_seconds") != null)
        .map(
            timing ->
                new Predicted(timing.getAs("predicted_seconds"), timing.getAs("prior_seconds")))
        .toList();
  }

  /** How the trials are timed, as JSON; empty where there are none. */
  public Optional<String> policy() {
    return trialRows().findFirst().map(trial -> trial.row().getAs("policy"));
  }

  private Stream<Within> trialRows() {
    return all(LoggedRounds::trials);
  }

  /** Rows of {@link #ROUNDS}, in their order. */
  public List<Row> rounds() {
    return all((log, round) -> List.of(log.figures(round)))
        .map(figures -> row(figures, values(figures.row()), ROUNDS))
        .toList();
  }

  private static List<Object> values(Row row) {
    return IntStream.range(0, row.size()).mapToObj(row::get).toList();
  }

  private static Row row(Within place, List<Object> values, StructType schema) {
    List<Object> all = new ArrayList<>(List.of(place.search(), place.round()));
    all.addAll(values);
    return new GenericRowWithSchema(all.toArray(), schema);
  }

  private Stream<Within> all(Part part) {
    return run.searches().stream()
        .flatMap(
            search -> {
              LoggedRounds log = new LoggedRounds(search);
              return IntStream.range(0, log.count())
                  .boxed()
                  .flatMap(
                      round ->
                          part.of(log, round).stream()
                              .map(row -> new Within(name(search), round, row)));
            });
  }

  /** Of a search for one shape alone or for prepared weights that of its folder, else nothing. */
  private String name(Place search) {
    return search.equals(run.path()) ? "" : search.name();
  }

  /** Rows of {@link #CONTEST}, both passes in their order; none where there was no contest. */
  public List<Row> contest() {
    List<Row> rows = new ArrayList<>();
    try {
      Place folder = run.path().resolve("contest");
      for (int pass = 1; ParquetTable.isWhole(pass(folder, pass)); pass++) {
        for (Row row : ParquetTable.read(pass(folder, pass), ContestTable.SCHEMA, CONTEST_REMEDY)) {
          rows.add(contestant(folder, pass, row));
        }
      }
    } catch (IOException e) {
      throw RunFolder.unreadable(run.path(), e);
    }
    return rows;
  }

  private static Place pass(Place folder, int pass) {
    return folder.resolve("pass=" + pass);
  }

  private static Row contestant(Place folder, int pass, Row row) {
    if (row.anyNull()) {
      throw ParquetTable.damaged(pass(folder, pass), CONTEST_REMEDY);
    }
    List<Object> all = new ArrayList<>(List.of(pass));
    all.add(row.getAs("family"));
    all.add(TrialColumns.scala(TrialColumns.kernel(row).parameters()));
    all.addAll(values(row).subList(2, row.size()));
    return new GenericRowWithSchema(all.toArray(), CONTEST);
  }
}
