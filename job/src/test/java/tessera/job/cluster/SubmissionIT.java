package tessera.job.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.Json;
import tessera.backend.cpu.CpuBackend;

/** The one jar on a Spark that has its own jars alone, with a master, a worker and executors. */
@Tag("thorough")
final class SubmissionIT {
  private static final String WORKLOAD =
      """
      operator: batch_matmul_nn
      extents: {b: 4, m: T, n: 40, k: T}
      variables:
        T: {from: 1, to: 40}
      samples: 6
      budget: {trials: 16, seconds: 100}
      """;

  @TempDir private Path folder;

  @Test
  void tune_onAPlainSpark_publishesABundleAndLeavesNoProcess() throws Exception {
    Path workload = Files.writeString(folder.resolve("small.yaml"), WORKLOAD);
    StandaloneCluster cluster =
        StandaloneCluster.start(folder.resolve("cluster"), WorkerSpec.of(2).withGpus("0", "1"));
    try (cluster) {
      assertEquals(2, cluster.state().at("/workers/0/resources/gpu/addresses").size());
      SparkProcess tune =
          cluster.submit(
              List.of("--executor-memory", "1g", "--driver-memory", "1g"),
              "tune",
              workload.toString(),
              "--out",
              folder.resolve("out").toString());
      assertEquals(1, cluster.awaitExecutors(1).size());
      assertEquals(0, tune.exitCode(Duration.ofSeconds(300)), tune.out() + tune.err());
      assertTrue(
          Files.isRegularFile(
              folder
                  .resolve("out/bundles/small/")
                  .resolve(hardware())
                  .resolve("latest/manifest.json")),
          tune.out());
      assertEquals(
          CpuBackend.detect().defaultThreads(),
          Json.DOCUMENTS.readTree(run().resolve("run.json").toFile()).get("threads").asInt(),
          "tuned for all cores, although a task has one");
      assertTrue(cluster.executorLogs().contains("Connecting to driver"), cluster.executorLogs());
      assertFalse(cluster.spark().processes().isEmpty());
    }
    assertEquals(List.of(), cluster.spark().processes());
  }

  private Path run() throws Exception {
    try (var runs = Files.list(folder.resolve("out/runs"))) {
      return runs.findFirst().orElseThrow();
    }
  }

  private String hardware() throws Exception {
    try (var targets = Files.list(folder.resolve("out/bundles/small"))) {
      return targets.findFirst().orElseThrow().getFileName().toString();
    }
  }
}
