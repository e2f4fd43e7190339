package tessera.job.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run whose executors Spark takes away as soon as they are idle, and starts again. */
@Tag("faults")
final class DynamicAllocationTest {
  private static final String WORKLOAD =
      """
      operator: batch_matmul_nn
      extents: {b: 4, m: T, n: 40, k: T}
      variables:
        T: {from: 1, to: 40}
      samples: 6
      budget: {trials: 16, seconds: 200}
      """;

  private static final Pattern EXECUTOR = Pattern.compile("/(\\d+)/stderr:");
  private static final Pattern BUNDLE = Pattern.compile("bundle: (\\S+)");

  @TempDir private Path folder;

  @Test
  void tune_whileExecutorsComeAndGo_publishesABundle() throws Exception {
    Path workload = Files.writeString(folder.resolve("small.yaml"), WORKLOAD);
    try (StandaloneCluster cluster =
        StandaloneCluster.start(folder.resolve("cluster"), WorkerSpec.of(2))) {
      SparkProcess tune =
          cluster.submit(
              settings(), "tune", workload.toString(), "--out", folder.resolve("out").toString());
      assertEquals(0, tune.exitCode(Duration.ofSeconds(400)), tune.out() + tune.err());
      assertTrue(BUNDLE.matcher(tune.out()).find(), tune.out());
      assertTrue(executors(cluster) > 1, cluster.executorLogs());
    }
  }

  private static List<String> settings() {
    return List.of(
        "--executor-memory",
        "1g",
        "--conf",
        "spark.dynamicAllocation.enabled=true",
        "--conf",
        "spark.dynamicAllocation.shuffleTracking.enabled=true",
        "--conf",
        "spark.dynamicAllocation.executorIdleTimeout=1s");
  }

  private static int executors(StandaloneCluster cluster) throws IOException {
    return EXECUTOR
        .matcher(cluster.executorLogs())
        .results()
        .map((MatchResult found) -> found.group(1))
        .collect(Collectors.toSet())
        .size();
  }
}
