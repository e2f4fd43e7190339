package tessera.job.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clusters without executors, or without a master: a run ends in one sentence that says why. */
@Tag("faults")
final class LostClusterTest {
  /** Many times what a run may take: other processes may slow it down. */
  private static final Duration LIMIT = Duration.ofSeconds(400);

  @TempDir private Path folder;

  private Path workload() throws IOException {
    return Files.writeString(
        folder.resolve("small.yaml"),
        """
        operator: batch_matmul_nn
        extents: {b: 4, m: T, n: 40, k: T}
        variables:
          T: {from: 1, to: 40}
        samples: 6
        budget: {trials: 64, seconds: 100}
        """);
  }

  private SparkProcess tune(StandaloneCluster cluster, int wait, String... options)
      throws IOException {
    List<String> all = new ArrayList<>(List.of("--executor-memory", "1g"));
    for (String option : options) {
      all.addAll(List.of("--conf", option));
    }
    all.addAll(List.of("--conf", "spark.master.ui.port=" + cluster.pagePort()));
    return cluster.submit(
        all,
        "tune",
        workload().toString(),
        "--wait",
        Integer.toString(wait),
        "--out",
        folder.resolve("out").toString());
  }

  /** The process ended with exit code 1 and a sentence, and with no stack trace. */
  private static String fault(SparkProcess tune) throws Exception {
    assertEquals(1, tune.exitCode(LIMIT), tune.out() + tune.err());
    String err = tune.err();
    assertFalse(err.contains("\tat "), err);
    assertFalse(err.contains(" INFO "), err);
    List<String> lines = err.strip().lines().toList();
    String last = lines.get(lines.size() - 1);
    assertTrue(last.startsWith("tessera: "), err);
    return last;
  }

  private static void assertMatches(String pattern, String text) {
    assertTrue(text.matches(pattern), text);
  }

  @Test
  void tune_noWorkers_saysSo() throws Exception {
    try (StandaloneCluster cluster = StandaloneCluster.start(folder.resolve("cluster"))) {
      String said = fault(tune(cluster, 10));
      assertMatches(
          "tessera: no executor came within 1\\d s: spark://127.0.0.1:\\d+ has no workers", said);
    }
  }

  @Test
  void tune_gpuThatNoWorkerHas_saysWhatThereIs() throws Exception {
    try (StandaloneCluster cluster =
        StandaloneCluster.start(folder.resolve("cluster"), WorkerSpec.of(2))) {
      String said =
          fault(
              tune(
                  cluster,
                  10,
                  "spark.executor.resource.gpu.amount=1",
                  "spark.task.resource.gpu.amount=1"));
      assertMatches(
          "tessera: no executor came within 1\\d s: each asks for 1g of memory and 1 GPU, and spark://127.0.0.1:\\d+ has a worker on 127.0.0.1 with 2048m, 2 cores and 0 GPUs free; ask for less with spark.executor.memory, spark.executor.cores and spark.executor.resource.gpu.amount",
          said);
    }
  }

  @Test
  void tune_executorsThatDieAtOnce_saysWhatTheySaidLast() throws Exception {
    try (StandaloneCluster cluster =
        StandaloneCluster.start(folder.resolve("cluster"), WorkerSpec.of(2))) {
      String said =
          fault(tune(cluster, 30, "spark.executor.extraJavaOptions=--add-modules=no.such"));
      assertMatches(
          "tessera: \\d+ executors started and died within \\d+ s before they could work: Command exited with code 1, Error occurred during initialization of boot layer, java.lang.module.FindException: Module no.such not found",
          said);
    }
  }

  @Test
  void tune_masterThatIsNotThere_saysSo() throws Exception {
    try (SparkFolder spark = SparkFolder.in(folder.resolve("spark"))) {
      SparkProcess tune =
          SparkProcess.start(
              spark.command(
                  "spark-submit",
                  List.of(
                      "--master",
                      "spark://127.0.0.1:1",
                      "--class",
                      "tessera.job.Tessera",
                      ApplicationJar.path().toString(),
                      "tune",
                      workload().toString(),
                      "--wait",
                      "5"),
                  Map.of()),
              folder.resolve("submission"));
      assertEquals(
          "tessera: the master spark://127.0.0.1:1 does not answer within 5 s: Connection refused; see whether it runs there, and give its address with --master",
          fault(tune));
    }
  }

  @Test
  void tune_masterLostInTheSearch_isDoneByTheExecutorsThatThereAre() throws Exception {
    try (FaultyCluster cluster = FaultyCluster.start(folder)) {
      FaultyRun run = new FaultyRun(cluster, folder.resolve("run"), Map.of());
      SparkProcess tune = run.tune();
      FaultyRun.awaitRounds(tune, 1);
      cluster.processes().master().handle().destroyForcibly();
      run.assertDelivers(tune);
      assertFalse(tune.err().contains(" INFO "), tune.err());
      assertFalse(tune.err().contains("\tat "), tune.err());
    }
  }

  @Test
  void tune_clusterLostInTheSearch_keepsWhatWasMeasured() throws Exception {
    try (FaultyCluster cluster = FaultyCluster.start(folder)) {
      FaultyRun run = new FaultyRun(cluster, folder.resolve("run"), Map.of());
      SparkProcess tune = run.tuneWaiting(20);
      FaultyRun.awaitRounds(tune, 1);
      StandaloneCluster processes = cluster.processes();
      processes.master().handle().destroyForcibly();
      processes.workers().forEach(worker -> worker.handle().destroyForcibly());
      processes.executors().forEach(ProcessHandle::destroyForcibly);
      String said = fault(tune);
      Matcher sentence =
          Pattern.compile(
                  "tessera: all executors were lost and no other came within \\d+ s: .*: the master is gone \\(.*\\); what was measured is kept: go on with tessera tune --resume (\\S+)")
              .matcher(said);
      assertTrue(sentence.matches(), said);
      assertEquals(run.runs().get(0).toString(), sentence.group(1));
      assertFalse(run.finishedTrials().isEmpty(), said);
    }
  }
}
