package tessera.job.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import tessera.runtime.Bundle;

/**
 * A run of the made-up back end to which faults happen: what it must end with, and what must not be
 * left of it. It measures all of few micro-kernels.
 */
final class FaultyRun {
  /** Many times what a run takes: other processes may slow it down. */
  static final Duration LIMIT = Duration.ofSeconds(600);

  private static final String WORKLOAD =
      """
      operator: dense
      target: made-up
      extents: {m: T, n: 512, k: 256}
      variables:
        T: [12, 36, 60]
      samples: 3
      budget: {effort: quick, trials: 20, seconds: 600}
      """;

  /** Elements of the workload's operands. */
  private static final RivalBundles.Sizes SIZES =
      new RivalBundles.Sizes(m -> 256 * m, 512 * 256, m -> 512 * m);

  private static final Pattern ROUND = Pattern.compile("(\\d+) of 20 trials");
  private static final Pattern BUNDLE = Pattern.compile("(?m)^bundle: (.*)$");

  private final FaultyCluster cluster;
  private final Path folder;
  private final Path temporary;
  private final Map<String, String> environment;

  /**
   * @param folder of this run alone
   * @param environment of executors, beside or instead of the cluster's
   */
  FaultyRun(FaultyCluster cluster, Path folder, Map<String, String> environment)
      throws IOException {
    this.cluster = cluster;
    this.folder = folder;
    this.temporary = Files.createDirectories(folder.resolve("temporary"));
    this.environment = new LinkedHashMap<>(cluster.compiler());
    this.environment.putAll(environment);
  }

  /** Where runs and bundles go. */
  Path out() {
    return folder.resolve("out");
  }

  /**
   * @param settings of Spark
   */
  SparkProcess tune(String... settings) throws IOException {
    return submit(List.of(settings), "tune", workload(), "--out", out().toString());
  }

  /**
   * @param option of the driver's JVM
   */
  SparkProcess tuneBy(String option) throws IOException {
    return tune("spark.driver.defaultJavaOptions=" + SparkFolder.SHORT_LIVED + " " + option);
  }

  /**
   * @param seconds for which it waits for executors
   */
  SparkProcess tuneWaiting(int seconds) throws IOException {
    String out = out().toString();
    return submit(List.of(), "tune", workload(), "--out", out, "--wait", "" + seconds);
  }

  private String workload() throws IOException {
    return Files.writeString(folder.resolve("small.yaml"), WORKLOAD).toString();
  }

  /** The only run that there is goes on; where it did not get as far as that, it begins. */
  SparkProcess resume() throws IOException {
    return runs().isEmpty()
        ? tune()
        : submit(List.of(), "tune", "--resume", runs().get(0).toString());
  }

  /** Folders of runs; none before the first can be resumed. */
  List<Path> runs() throws IOException {
    Path runs = out().resolve("runs");
    if (!Files.exists(runs)) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(runs)) {
      return all.filter(run -> Files.exists(run.resolve("run.json"))).toList();
    }
  }

  private SparkProcess submit(List<String> settings, String... arguments) throws IOException {
    String options =
        String.join(
            " ",
            "-Dpretend.few=true",
            "-Djava.io.tmpdir=" + temporary,
            "-Dtessera.locks=" + folder.toAbsolutePath());
    List<String> words = new ArrayList<>(List.of("--jars", cluster.jar().toString()));
    words.addAll(List.of("--driver-java-options", options));
    words.addAll(List.of("--driver-memory", "700m", "--executor-memory", "700m"));
    words.addAll(List.of("--conf", "spark.executor.extraJavaOptions=" + options));
    words.addAll(List.of("--conf", "spark.executor.cores=1"));
    environment.forEach(
        (name, value) ->
            words.addAll(List.of("--conf", "spark.executorEnv." + name + "=" + value)));
    settings.forEach(setting -> words.addAll(List.of("--conf", setting)));
    return cluster.processes().submit(words, arguments);
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
  private List<ProcessHandle> measuring() {
    return ProcessHandle.allProcesses()
        .filter(
            process -> {
              List<String> words = SparkFolder.words(process);
              return words.stream().anyMatch(word -> word.endsWith("CpuWorker"))
                  && words.stream().anyMatch(word -> word.contains(temporary.toString()));
            })
        .toList();
  }

  /** The run ended with a bundle that is whole, measured each once, and left nothing. */
  Path assertDelivers(SparkProcess tune) throws Exception {
    int code = tune.exitCode(LIMIT);
    String said = tune.out() + tune.err();
    assertEquals(0, code, said);
    Matcher found = BUNDLE.matcher(tune.out());
    assertEquals(true, found.find(), said);
    Path bundle = Path.of(found.group(1));
    Bundle.open(bundle);
    List<String> measured = trials().stream().map(FaultyRun::kernel).toList();
    assertEquals(measured.stream().distinct().toList(), measured);
    assertNothingLeft();
    return bundle;
  }

  /**
   * Beside that it measured what another run measured, to which nothing happened, and its bundle is
   * at most 3% slower.
   */
  void assertDeliversAs(Undisturbed undisturbed, SparkProcess tune) throws Exception {
    Path bundle = assertDelivers(tune);
    assertEquals(undisturbed.kernels(), kernels());
    try (RivalBundles rivals = new RivalBundles(bundle, undisturbed.bundle())) {
      rivals.assertAsFast(SIZES, 12, 36, 60);
    }
  }

  /**
   * What a run ended with to which nothing happened.
   *
   * @param kernels that it measured
   * @param seconds from its submission to its end
   */
  record Undisturbed(Path bundle, Set<String> kernels, double seconds) {}

  Undisturbed undisturbed() throws Exception {
    long begun = System.nanoTime();
    SparkProcess tune = tune();
    tune.exitCode(LIMIT);
    double seconds = 1e-9 * (System.nanoTime() - begun);
    return new Undisturbed(assertDelivers(tune), kernels(), seconds);
  }

  private Set<String> kernels() throws IOException {
    Set<String> kernels = new TreeSet<>();
    trials().forEach(trial -> kernels.add(kernel(trial)));
    return kernels;
  }

  private static String kernel(Row trial) {
    return trial.getString(0) + trial.getString(1);
  }

  /** Family, parameters, outcome, message and times of each, as text, by rounds. */
  List<Row> trials() throws IOException {
    return trials("true");
  }

  /** Those of rounds that a run which goes on has no reason to measure again. */
  List<Row> finishedTrials() throws IOException {
    int rounds = 0;
    while (isFinished("trials", rounds) && isFinished("rounds", rounds)) {
      rounds++;
    }
    return rounds == 0 ? List.of() : trials("round < " + rounds);
  }

  private boolean isFinished(String table, int round) throws IOException {
    Path folder = runs().get(0).resolve(table);
    return Files.exists(folder.resolve("round=000" + round).resolve("_SUCCESS"));
  }

  private List<Row> trials(String condition) throws IOException {
    return cluster
        .spark()
        .read()
        .parquet(runs().get(0).resolve("trials").toString())
        .filter(condition)
        .selectExpr(
            "family",
            "to_json(parameters) as parameters",
            "outcome",
            "message",
            "to_json(timings) as timings",
            "round")
        .orderBy("round", "family", "parameters")
        .collectAsList();
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
    return Stream.concat(
            Stream.concat(cluster.begun().stream(), measuring().stream())
                .map(process -> process.pid() + " " + SparkFolder.words(process)),
            FaultyCluster.temporaryFiles(temporary).stream())
        .toList();
  }

  /** Sends a signal by its name. */
  static void signal(String name, List<ProcessHandle> processes)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("kill", "-" + name));
    processes.forEach(process -> command.add(Long.toString(process.pid())));
    new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start().waitFor();
  }
}
