package tessera.job.cluster;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import tessera.job.madeup.PretendJar;
import tessera.job.spark.Sessions;

/**
 * A standalone cluster that runs share, with the made-up device on each of its workers; what faults
 * take of it is made good between two runs.
 */
final class FaultyCluster implements AutoCloseable {
  private static final int WORKERS = 2;

  /** Whatever a made-up device needs to be there. */
  private static final Map<String, String> ENVIRONMENT =
      Map.of("PRETEND_BATTERIES", "4", "SPARK_WORKER_OPTS", "-Dspark.decommission.enabled=true");

  private static final WorkerSpec WORKER = WorkerSpec.of(1).with(ENVIRONMENT);

  private final StandaloneCluster cluster;
  private final Path jar;
  private final Map<String, String> compiler;
  private final SparkSession spark;

  private FaultyCluster(Path folder, StandaloneCluster cluster)
      throws IOException, URISyntaxException {
    this.cluster = cluster;
    this.jar = PretendJar.in(folder.resolve("pretend.jar"));
    this.compiler = new Sabotage(folder).compiler();
    this.spark = Sessions.start();
  }

  static FaultyCluster start(Path folder) throws Exception {
    WorkerSpec[] workers = Stream.generate(() -> WORKER).limit(WORKERS).toArray(WorkerSpec[]::new);
    return new FaultyCluster(folder, StandaloneCluster.start(folder.resolve("cluster"), workers));
  }

  StandaloneCluster processes() {
    return cluster;
  }

  /** The made-up back end. */
  Path jar() {
    return jar;
  }

  /** The environment of executors in which candidates are built, where a run has no other. */
  Map<String, String> compiler() {
    return compiler;
  }

  /** Reads what runs wrote; it is none of the cluster's. */
  SparkSession spark() {
    return spark;
  }

  private List<SparkProcess> livingWorkers() {
    return cluster.workers().stream().filter(worker -> worker.handle().isAlive()).toList();
  }

  /** Processes of the cluster that no run began, by what they are. */
  private List<ProcessHandle> services() {
    List<ProcessHandle> services = new ArrayList<>(List.of(cluster.master().handle()));
    livingWorkers().forEach(worker -> services.add(worker.handle()));
    return services;
  }

  /** Processes that runs began. */
  List<ProcessHandle> begun() {
    List<ProcessHandle> services = services();
    return cluster.spark().processes().stream()
        .filter(process -> !services.contains(process))
        .toList();
  }

  /** Ends what is left of a run, and brings as many workers as there were at first. */
  void mend() throws IOException, InterruptedException, TimeoutException {
    for (List<ProcessHandle> left = begun(); !left.isEmpty(); left = begun()) {
      for (ProcessHandle process : left) {
        process.destroyForcibly();
        process.onExit().join();
      }
    }
    SparkProcess.await(
        () -> Optional.of(true).filter(known -> cluster.aliveWorkers() == livingWorkers().size()),
        Duration.ofSeconds(90),
        () -> "the master knows other workers than there are: " + cluster.state(),
        () -> true);
    while (livingWorkers().size() < WORKERS) {
      cluster.addWorker(WORKER);
    }
  }

  /** The files of a folder that Tessera makes while it works, and deletes. */
  static List<String> temporaryFiles(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("tessera-"))
          .toList();
    } catch (IOException e) {
      return List.of(e.toString());
    }
  }

  @Override
  public void close() throws IOException {
    spark.close();
    cluster.close();
  }
}
