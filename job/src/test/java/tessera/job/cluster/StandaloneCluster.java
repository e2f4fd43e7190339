package tessera.job.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tessera.Json;

/**
 * A standalone cluster of real processes on this machine, started from Spark's own jars alone: a
 * master, its workers, and what is submitted to it as a user does. Ports are whatever is free. At
 * its close all processes are killed, those of executors and of their children too.
 */
public final class StandaloneCluster implements AutoCloseable {
  /** For a process to start, on a machine that is busy with other tests. */
  private static final Duration START = Duration.ofSeconds(120);

  private static final Pattern MASTER =
      Pattern.compile("Starting Spark master at (spark://\\S+:\\d+)");

  /** Where the master's page is, which has a form for programs. */
  private static final Pattern PAGE =
      Pattern.compile("Bound MasterWebUI to \\S+, and started at (http://\\S+)");

  private final Path folder;
  private final SparkFolder spark;
  private final SparkProcess master;
  private final String url;
  private final String page;
  private final List<SparkProcess> workers = new ArrayList<>();
  private int submissions;

  /**
   * @param folder for Spark and for logs; it need not exist
   */
  public static StandaloneCluster start(Path folder, WorkerSpec... workers)
      throws IOException, InterruptedException, TimeoutException {
    SparkFolder spark = SparkFolder.in(folder.resolve("spark"));
    try {
      StandaloneCluster cluster = new StandaloneCluster(folder.toAbsolutePath(), spark);
      for (WorkerSpec worker : workers) {
        cluster.launch(worker);
      }
      cluster.awaitWorkers(workers.length);
      return cluster;
    } catch (IOException | InterruptedException | TimeoutException | RuntimeException e) {
      spark.close();
      throw e;
    }
  }

  private StandaloneCluster(Path folder, SparkFolder spark)
      throws IOException, InterruptedException, TimeoutException {
    this.folder = folder;
    this.spark = spark;
    List<String> arguments =
        List.of(
            "org.apache.spark.deploy.master.Master",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--webui-port",
            "0");
    this.master =
        SparkProcess.start(
            spark.command("spark-class", arguments, Map.of()), folder.resolve("master"));
    this.url = master.await(MASTER, START);
    this.page = master.await(PAGE, START);
  }

  /** What {@code --master} names. */
  public String url() {
    return url;
  }

  /** Of the master's page, which a driver is told as {@code spark.master.ui.port}. */
  public int pagePort() {
    return URI.create(page).getPort();
  }

  public SparkFolder spark() {
    return spark;
  }

  public SparkProcess master() {
    return master;
  }

  /** In the order in which they were added. */
  public List<SparkProcess> workers() {
    return List.copyOf(workers);
  }

  /** Starts another worker and waits until the master knows it. */
  public SparkProcess addWorker(WorkerSpec spec)
      throws IOException, InterruptedException, TimeoutException {
    int alive = aliveWorkers();
    SparkProcess worker = launch(spec);
    awaitWorkers(alive + 1);
    return worker;
  }

  private SparkProcess launch(WorkerSpec spec) throws IOException {
    String name = "worker-" + workers.size();
    List<String> arguments =
        List.of(
            "org.apache.spark.deploy.worker.Worker",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--webui-port",
            "0",
            "--cores",
            Integer.toString(spec.cores()),
            "--memory",
            spec.memory(),
            "--work-dir",
            Files.createDirectories(folder.resolve("work").resolve(name)).toString(),
            "--properties-file",
            properties(name, spec).toString(),
            url);
    SparkProcess worker =
        SparkProcess.start(
            spark.command("spark-class", arguments, spec.environment()), folder.resolve(name));
    workers.add(worker);
    return worker;
  }

  private Path properties(String name, WorkerSpec spec) throws IOException {
    Path file = folder.resolve(name + ".conf");
    if (spec.gpus().isEmpty()) {
      return Files.writeString(file, "");
    }
    Path discovery = folder.resolve(name + "-gpus");
    SparkFolder.script(discovery, "#!/bin/sh\necho '" + addresses(spec.gpus()) + "'\n");
    return Files.writeString(
        file,
        "spark.worker.resource.gpu.amount "
            + spec.gpus().size()
            + "\nspark.worker.resource.gpu.discoveryScript "
            + discovery
            + "\n");
  }

  private static String addresses(List<String> gpus) {
    return Json.line(Map.of("name", "gpu", "addresses", gpus));
  }

  private void awaitWorkers(int count) throws InterruptedException, TimeoutException {
    SparkProcess.await(
        () -> aliveWorkers() >= count ? Optional.of(count) : Optional.empty(),
        START,
        () -> "the master has not " + count + " workers: " + state() + "\n" + master.err(),
        () -> master.handle().isAlive());
  }

  /** How many workers the master takes to be alive. */
  public int aliveWorkers() {
    JsonNode state = state();
    if (!state.path("status").asText().equals("ALIVE")) {
      return 0;
    }
    int alive = 0;
    for (JsonNode worker : state.path("workers")) {
      alive += worker.path("state").asText().equals("ALIVE") ? 1 : 0;
    }
    return alive;
  }

  /** What the master's page tells programs; empty where it does not answer. */
  public JsonNode state() {
    try (InputStream answer = URI.create(page + "/json/").toURL().openStream()) {
      return Json.DOCUMENTS.readTree(answer);
    } catch (IOException e) {
      return Json.DOCUMENTS.createObjectNode();
    }
  }

  /** Runs Tessera by spark-submit on this cluster, without waiting for it. */
  public SparkProcess submit(List<String> options, String... arguments) throws IOException {
    return submit(Map.of(), options, arguments);
  }

  /**
   * @param environment of the driver, beside what it inherits
   * @param options of spark-submit
   * @param arguments of Tessera
   */
  public SparkProcess submit(
      Map<String, String> environment, List<String> options, String... arguments)
      throws IOException {
    List<String> words =
        new ArrayList<>(List.of("--master", url, "--class", "tessera.job.Tessera"));
    for (String process : List.of("driver", "executor")) {
      String setting = "spark." + process + ".defaultJavaOptions=" + SparkFolder.shortLived();
      words.addAll(List.of("--conf", setting));
    }
    words.addAll(options);
    words.add(ApplicationJar.path().toString());
    words.addAll(List.of(arguments));
    return SparkProcess.start(
        spark.command("spark-submit", words, environment),
        folder.resolve("submission-" + submissions++));
  }

  /** The living executors of all workers. */
  public List<ProcessHandle> executors() {
    return spark.processes().stream()
        .filter(
            process ->
                SparkFolder.words(process)
                    .contains("org.apache.spark.executor.CoarseGrainedExecutorBackend"))
        .toList();
  }

  /** Waits until so many executors run. */
  public List<ProcessHandle> awaitExecutors(int count)
      throws InterruptedException, TimeoutException {
    return SparkProcess.await(
        () -> Optional.of(executors()).filter(running -> running.size() >= count),
        START,
        () -> "there are not " + count + " executors; the master says " + state(),
        () -> true);
  }

  /** What all executors that ever ran have printed, each after its file's name. */
  public String executorLogs() throws IOException {
    try (Stream<Path> tree = Files.walk(folder.resolve("work"))) {
      return tree.filter(file -> file.getFileName().toString().matches("stdout|stderr"))
          .sorted()
          .map(file -> file + ":\n" + read(file))
          .collect(Collectors.joining("\n"));
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Override
  public void close() throws IOException {
    spark.close();
  }
}
