package tessera.job.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import tessera.job.madeup.PretendProvider;
import tessera.job.spark.Sessions;
import tessera.runtime.Bundle;

/**
 * Runs of the made-up back end on a standalone cluster, to which faults happen: what they must end
 * with, and what must not be left of them.
 */
final class FaultyRun implements AutoCloseable {
  /** Many times what a run takes: other processes may slow it down. */
  static final Duration LIMIT = Duration.ofSeconds(400);

  static final int TRIALS = 20;

  private static final String WORKLOAD =
      """
      operator: dense
      target: made-up
      extents: {m: T, n: 24, k: 40}
      variables:
        T: {from: 1, to: 9}
      samples: 3
      budget: {effort: quick, trials: 20, seconds: 120}
      """;

  private static final Pattern ROUND = Pattern.compile("(\\d+) of 20 trials");
  private static final Pattern BUNDLE = Pattern.compile("(?m)^bundle: (.*)$");

  /** Whatever a made-up device needs to be there. */
  private static final Map<String, String> PLUGGED = Map.of("PRETEND_BATTERIES", "4");

  private final Path folder;
  private final Path temporary;
  private final Path jar;
  private final StandaloneCluster cluster;

  private FaultyRun(Path folder, StandaloneCluster cluster) throws IOException, URISyntaxException {
    this.folder = folder;
    this.temporary = Files.createDirectory(folder.resolve("temporary"));
    this.jar = jar(folder.resolve("pretend.jar"));
    this.cluster = cluster;
  }

  /**
   * @param environment of executors, beside what the device needs
   * @param workers of one core each
   */
  static FaultyRun on(Path folder, Map<String, String> environment, int workers) throws Exception {
    return new FaultyRun(
        folder,
        StandaloneCluster.start(
            folder.resolve("cluster"),
            Stream.generate(() -> worker(environment)).limit(workers).toArray(WorkerSpec[]::new)));
  }

  static WorkerSpec worker(Map<String, String> environment) {
    Map<String, String> all = new HashMap<>(PLUGGED);
    all.putAll(environment);
    return WorkerSpec.of(1).with(all);
  }

  /** The back end as a jar of its own, as its makers would give it away. */
  private static Path jar(Path jar) throws IOException, URISyntaxException {
    Class<?> provider = PretendProvider.class;
    Path classes =
        Path.of(provider.getProtectionDomain().getCodeSource().getLocation().toURI())
            .resolve(provider.getPackageName().replace('.', '/'));
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar));
        Stream<Path> files = Files.list(classes)) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (name.matches("Pretend(?!.*Test).*")) {
          out.putNextEntry(new ZipEntry(provider.getPackageName().replace('.', '/') + "/" + name));
          try (InputStream in = Files.newInputStream(file)) {
            in.transferTo(out);
          }
        }
      }
      out.putNextEntry(new ZipEntry("META-INF/services/tessera.backend.BackendProvider"));
      out.write(provider.getName().getBytes(StandardCharsets.UTF_8));
    }
    return jar;
  }

  StandaloneCluster cluster() {
    return cluster;
  }

  /** Where runs and bundles go. */
  Path out() {
    return folder.resolve("out");
  }

  SparkProcess tune(String... settings) throws IOException {
    Path workload = Files.writeString(folder.resolve("small.yaml"), WORKLOAD);
    return submit(
        Map.of(), List.of(settings), "tune", workload.toString(), "--out", out().toString());
  }

  /** The only run that there is goes on. */
  SparkProcess resume() throws IOException {
    return submit(Map.of(), List.of(), "tune", "--resume", run().toString());
  }

  private Path run() throws IOException {
    try (Stream<Path> runs = Files.list(out().resolve("runs"))) {
      return runs.findFirst().orElseThrow();
    }
  }

  /**
   * @param environment of the driver
   * @param settings of Spark
   */
  SparkProcess submit(Map<String, String> environment, List<String> settings, String... arguments)
      throws IOException {
    String options =
        "-Djava.io.tmpdir=" + temporary + " -Dtessera.locks=" + folder.toAbsolutePath();
    List<String> words = new ArrayList<>(List.of("--jars", jar.toString()));
    words.addAll(List.of("--driver-java-options", options));
    words.addAll(List.of("--driver-memory", "700m", "--executor-memory", "700m"));
    words.addAll(List.of("--conf", "spark.executor.extraJavaOptions=" + options));
    words.addAll(List.of("--conf", "spark.executor.cores=1"));
    settings.forEach(setting -> words.addAll(List.of("--conf", setting)));
    return cluster.submit(environment, words, arguments);
  }

  /** Waits until so many rounds of the search are over. */
  static void awaitRounds(SparkProcess tune, int count)
      throws InterruptedException, TimeoutException {
    SparkProcess.await(
        () -> Optional.of(rounds(tune)).filter(rounds -> rounds >= count),
        LIMIT,
        () -> "there are not " + count + " rounds in\n" + tune.out() + tune.err(),
        tune.handle()::isAlive);
  }

  private static long rounds(SparkProcess tune) {
    return ROUND.matcher(tune.err()).results().count();
  }

  /** Waits for a process in which candidates run. */
  ProcessHandle awaitMeasuring(SparkProcess tune) throws InterruptedException, TimeoutException {
    return SparkProcess.await(
        () -> measuring().stream().findFirst(),
        LIMIT,
        () -> "nothing measures: " + tune.out() + tune.err(),
        tune.handle()::isAlive);
  }

  /**
   * They do not inherit the mark of the cluster, and have a temporary folder in that of the run.
   */
  List<ProcessHandle> measuring() {
    return ProcessHandle.allProcesses()
        .filter(
            process -> {
              List<String> words = SparkFolder.words(process);
              return words.stream().anyMatch(word -> word.endsWith("CpuWorker"))
                  && words.stream().anyMatch(word -> word.contains(temporary.toString()));
            })
        .toList();
  }

  /** The run ended with a bundle that is whole, measured nothing twice, and left nothing. */
  void assertDelivers(SparkProcess tune) throws Exception {
    int code = tune.exitCode(LIMIT);
    String said = tune.out() + tune.err();
    assertEquals(0, code, said);
    Matcher bundle = BUNDLE.matcher(tune.out());
    assertEquals(true, bundle.find(), said);
    Bundle.open(Path.of(bundle.group(1)));
    assertNothingTwice();
    assertNothingLeft();
  }

  private void assertNothingTwice() throws IOException {
    List<List<Object>> kernels =
        trials().stream().map(row -> List.of(row.get(0), row.get(1))).toList();
    assertEquals(kernels.stream().distinct().toList(), kernels);
  }

  /** Family, parameters as text, outcome and message of each. */
  List<Row> trials() throws IOException {
    try (SparkSession spark = Sessions.start()) {
      return spark
          .read()
          .parquet(run().resolve("trials").toString())
          .selectExpr("family", "to_json(parameters)", "outcome", "message")
          .collectAsList();
    }
  }

  /** Neither a process, save those of the cluster, nor a temporary file of Tessera's. */
  void assertNothingLeft() throws Exception {
    SparkProcess.await(
        () -> Optional.of(left()).filter(List::isEmpty),
        Duration.ofSeconds(60),
        () -> "these are left: " + left(),
        () -> true);
  }

  private List<String> left() {
    List<ProcessHandle> services = new ArrayList<>(List.of(cluster.master().handle()));
    cluster.workers().forEach(worker -> services.add(worker.handle()));
    Stream<String> processes =
        Stream.concat(cluster.spark().processes().stream(), measuring().stream())
            .filter(process -> !services.contains(process))
            .map(process -> process.pid() + " " + SparkFolder.words(process));
    try (Stream<Path> files = Files.list(temporary)) {
      return Stream.concat(
              processes,
              files
                  .map(file -> file.getFileName().toString())
                  .filter(name -> name.startsWith("tessera-")))
          .toList();
    } catch (IOException e) {
      return List.of(e.toString());
    }
  }

  /** Sends a signal by its name. */
  static void signal(String name, List<ProcessHandle> processes)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("kill", "-" + name));
    processes.forEach(process -> command.add(Long.toString(process.pid())));
    new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start().waitFor();
  }

  @Override
  public void close() throws IOException {
    cluster.close();
  }
}
