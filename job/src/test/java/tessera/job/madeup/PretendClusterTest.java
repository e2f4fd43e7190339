package tessera.job.madeup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.job.cluster.SparkProcess;
import tessera.job.cluster.StandaloneCluster;
import tessera.job.cluster.WorkerSpec;
import tessera.job.spark.Sessions;
import tessera.runtime.Bundle;

/**
 * Runs whose driver has neither the device nor a compiler, on real executors that have them, of one
 * kind or of two.
 */
@Tag("faults")
final class PretendClusterTest {
  private static final String WORKLOAD =
      """
      operator: dense
      target: made-up
      extents: {m: T, n: 24, k: 40}
      variables:
        T: {from: 1, to: 9}
      samples: 3
      budget: {effort: quick, trials: %s}
      """;

  private static final Duration LIMIT = Duration.ofSeconds(300);

  /** What scripts and Spark need of a system; a compiler is not among it. */
  private static final List<String> PROGRAMS =
      List.of("bash", "sh", "env", "dirname", "chmod", "ls", "readlink", "stat", "uname");

  @TempDir private Path folder;

  private static WorkerSpec with(int batteries) {
    return WorkerSpec.of(1).with(Map.of(PretendProvider.VARIABLE, Integer.toString(batteries)));
  }

  /** A PATH on which there is no compiler. */
  private String path() throws IOException {
    Path programs = Files.createDirectories(folder.resolve("programs"));
    for (String program : PROGRAMS) {
      Path link = programs.resolve(program);
      if (!Files.exists(link)) {
        Files.createSymbolicLink(link, Path.of("/bin", program));
      }
    }
    return programs.toString();
  }

  private SparkProcess submit(StandaloneCluster cluster, String... arguments)
      throws IOException, URISyntaxException {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--out", folder.resolve("out").toString()));
    return cluster.submit(
        Map.of("PATH", path()),
        List.of(
            "--jars",
            PretendJar.in(folder.resolve("pretend.jar")).toString(),
            "--executor-memory",
            "700m",
            "--driver-memory",
            "700m",
            "--conf",
            "spark.executor.instances=2"),
        all.toArray(String[]::new));
  }

  private static void assertEnds(SparkProcess run) throws Exception {
    int code = run.exitCode(LIMIT);
    assertEquals(0, code, run.out() + run.err());
  }

  /** The batteries of the targets of all bundles. */
  private Set<Integer> bundles() throws IOException {
    Set<Integer> batteries = new TreeSet<>();
    try (Stream<Path> targets = Files.list(folder.resolve("out/bundles/small"))) {
      for (Path target : targets.toList()) {
        PretendTarget made =
            (PretendTarget) Bundle.open(target.resolve("latest")).manifest().target();
        batteries.add(made.batteries());
      }
    }
    return batteries;
  }

  /** For each run the batteries of its devices, which they told themselves. */
  private List<List<Integer>> measured() throws IOException {
    List<List<Integer>> measured = new ArrayList<>();
    try (SparkSession spark = Sessions.start();
        Stream<Path> runs = Files.list(folder.resolve("out/runs"))) {
      for (Path run : runs.sorted().toList()) {
        measured.add(
            spark
                .read()
                .parquet(run.resolve("trials").toString())
                .filter("outcome = 'OK'")
                .selectExpr("resources['batteries'] as batteries")
                .distinct()
                .collectAsList()
                .stream()
                .map(row -> row.getInt(0))
                .toList());
      }
    }
    return measured;
  }

  private Path workload(String trials) throws IOException {
    return Files.writeString(
        folder.resolve("small.yaml"), String.format(Locale.ROOT, WORKLOAD, trials));
  }

  @Test
  void tune_twoKindsOfExecutors_publishesABundleForEach() throws Exception {
    try (StandaloneCluster cluster =
        StandaloneCluster.start(folder.resolve("cluster"), with(4), with(8))) {
      SparkProcess tune = submit(cluster, "tune", workload("12, seconds: 60").toString());
      assertEnds(tune);
      assertEquals(Set.of(4, 8), bundles(), tune.out() + tune.err());
      try (Stream<Path> runs = Files.list(folder.resolve("out/runs"))) {
        for (Path run : runs.toList()) {
          assertEnds(submit(cluster, "tune", "--resume", run.toString()));
        }
      }
    }
    List<List<Integer>> measured = measured();
    assertEquals(2, measured.size());
    assertEquals(Set.of(List.of(4), List.of(8)), Set.copyOf(measured));
  }

  @Test
  void tune_executorOfAnotherKindJoins_isSaidAndNotMeasuredOn() throws Exception {
    try (StandaloneCluster cluster = StandaloneCluster.start(folder.resolve("cluster"), with(4))) {
      SparkProcess tune = submit(cluster, "tune", workload("4000, seconds: 60").toString());
      tune.await(Pattern.compile("(tuning small on Pretend 3000)"), LIMIT);
      cluster.addWorker(with(12));
      assertEnds(tune);
      String said = tune.err();
      assertTrue(
          Pattern.compile(
                  "executor \\d+ on \\S+ came while the run was under way and does not take part, which tunes for Pretend 3000 \\(made-up-4-\\w+\\): Pretend 9000 \\(made-up-12-")
              .matcher(said)
              .find(),
          said);
      assertEquals(Set.of(4), bundles());
    }
    assertEquals(List.of(List.of(4)), measured());
  }

  @Test
  void tune_noExecutorHasTheDevice_saysWhyInOneSentence() throws Exception {
    try (StandaloneCluster cluster =
        StandaloneCluster.start(folder.resolve("cluster"), WorkerSpec.of(1))) {
      SparkProcess tune = submit(cluster, "tune", workload("12, seconds: 60").toString());
      assertEquals(2, tune.exitCode(LIMIT));
      String expected = "tessera: no Pretend is plugged in; set " + PretendProvider.VARIABLE + "\n";
      assertTrue(tune.err().contains(expected), tune.err());
    }
  }
}
