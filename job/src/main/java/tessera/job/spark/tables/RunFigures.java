package tessera.job.spark.tables;

import java.io.IOException;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import tessera.job.records.RunFolder;
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

  /** The fixed kernel's speed in a timing, where its log has it now and where it had it before. */
  private static final String REFERENCE =
      "coalesce(col.observed['reference_gflops'], col.reference_gflops)";

  private final SparkSession spark;
  private final Place folder;

  /**
   * @param folder with the log
   */
  public RunFigures(SparkSession spark, Place folder) {
    this.spark = spark;
    this.folder = folder;
  }

  /** Whether no round was finished, so that there is nothing else to ask for. */
  public boolean isEmpty() {
    try {
      return !ParquetTrialLog.isWhole(folder, 0);
    } catch (IOException e) {
      throw RunFolder.unreadable(folder, e);
    }
  }

  public List<Round> rounds() {
    return SparkFailures.reading(
            () ->
                spark
                    .read()
                    .schema(ParquetTrialLog.ROUND)
                    .parquet(SparkFiles.pattern(folder.resolve("rounds")))
                    .orderBy("round")
                    .collectAsList())
        .stream()
        .map(RunFigures::round)
        .toList();
  }

  private static Round round(Row row) {
    return new Round(
        row.getAs("round"),
        row.getAs("trials"),
        row.getAs("ok"),
        row.getAs("device_busy_share"),
        row.getAs("held_out"),
        row.getAs("spearman"),
        row.getAs("prior_spearman"),
        row.getAs("top8_recall"));
  }

  private Dataset<Row> trials() {
    return spark
        .read()
        .schema(TrialColumns.READ)
        .parquet(SparkFiles.pattern(folder.resolve("trials")));
  }

  /** By worker; the 5th, 50th and 95th percentile. Empty where no fixed kernel ran. */
  public List<Reference> references() {
    Dataset<Row> speeds =
        trials()
            .select(functions.col("worker"), functions.explode(functions.col("timings")))
            .select(functions.col("worker"), functions.explode(functions.expr(REFERENCE)))
            .groupBy("worker")
            .agg(functions.expr("percentile(col, array(0.05, 0.5, 0.95))").as("speeds"))
            .orderBy("worker");
    return SparkFailures.reading(speeds::collectAsList).stream()
        .map(RunFigures::reference)
        .toList();
  }

  private static Reference reference(Row row) {
    List<Double> speeds = row.getList(row.fieldIndex("speeds"));
    return new Reference(row.getAs("worker"), speeds.get(0), speeds.get(1), speeds.get(2));
  }

  public List<Ending> endings() {
    Dataset<Row> endings =
        trials()
            .groupBy("outcome")
            .agg(functions.count("*").as("trials"))
            .orderBy(functions.desc("trials"));
    List<Row> rows = SparkFailures.reading(endings::collectAsList);
    if (rows.isEmpty() && rounds().stream().anyMatch(round -> round.trials() > 0)
        || rows.stream().anyMatch(row -> row.getAs("outcome") == null)) {
      throw SparkFailures.damaged(folder.resolve("trials").toString());
    }
    return rows.stream()
        .map(row -> new Ending(row.getAs("outcome"), row.<Long>getAs("trials")))
        .toList();
  }
}
