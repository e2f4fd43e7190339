package tessera.analysis;

import java.io.IOException;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import tessera.UserError;
import tessera.analysis.read.Sources;
import tessera.integrity.Trust;
import tessera.job.records.RunFolder;
import tessera.job.spark.Cluster;
import tessera.job.spark.Sessions;
import tessera.job.spark.trace.SparkTraceReader;
import tessera.storage.Place;
import tessera.storage.StorageFailure;
import tessera.workload.trace.TraceReader;

/**
 * Opens runs and bundles.
 *
 * <pre>{@code
 * try (Analysis analysis = Analysis.start()) {
 *   Recording run = analysis.open("out/runs/bert-dense-20261129-083106-666");
 *   System.out.println(run.headline());
 *   run.tables().trials().groupBy("outcome").count().show();
 * }
 * }</pre>
 */
public final class Analysis implements AutoCloseable {
  private final SparkSession spark;
  private final TraceReader traces;
  private final Runnable end;

  private Analysis(SparkSession spark, TraceReader traces, Runnable end) {
    this.spark = spark;
    this.traces = traces;
    this.end = end;
  }

  /** Starts Spark as the commands do: on this machine, or on the cluster that the settings name. */
  public static Analysis start() {
    SparkSession session = Sessions.start();
    return new Analysis(session, new SparkTraceReader(session), session::stop);
  }

  /** With the session that a notebook has; closing leaves it. */
  public static Analysis on(SparkSession session) {
    return new Analysis(session, new SparkTraceReader(session), () -> {});
  }

  /** With the session of a command, which watches the jobs of Spark; closing leaves it. */
  public static Analysis of(Cluster cluster) {
    return new Analysis(cluster.session(), cluster.traces(), () -> {});
  }

  public SparkSession spark() {
    return spark;
  }

  /**
   * A run's folder or a bundle's.
   *
   * @param folder a path, or a URI such as {@code hdfs://host/out/runs/RUN}
   * @throws UserError where there is neither
   */
  public Recording open(String folder) {
    return open(Place.of(folder));
  }

  /** As {@link #open(String)}. */
  public Recording open(Place folder) {
    return open(folder, Trust.anyone());
  }

  /**
   * As {@link #open(String)}.
   *
   * @param trust whose bundles are opened
   */
  public Recording open(Place folder, Trust trust) {
    check(folder);
    Place place = folder.absolute();
    Sources sources = new Sources(traces, trust);
    return new Recording(
        RunFolder.isOne(place) ? sources.ofRun(place) : sources.ofBundle(place), spark);
  }

  /**
   * Looks whether folders are those of runs or of bundles, where they are on a disk of this
   * machine: for other storage Spark must have started.
   *
   * @throws UserError where one is neither
   */
  public static void checkOnDisk(List<Place> folders) {
    folders.stream().filter(folder -> folder.onDisk().isPresent()).forEach(Analysis::check);
  }

  private static void check(Place folder) {
    Place place = folder.absolute();
    if (!isThere(place)) {
      throw new UserError(
          folder
              + " does not exist; give the folder of a run or of a bundle, as tune printed them");
    }
    RunFolder.isRunOrBundle(place);
  }

  private static boolean isThere(Place folder) {
    try {
      return folder.isFolder() || folder.isFile(); // outside of a disk, latest is a file
    } catch (IOException e) {
      throw StorageFailure.of(folder + " cannot be read", e, "check its name and its permissions");
    }
  }

  @Override
  public void close() {
    end.run();
  }
}
