package tessera.job.spark.learn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import tessera.cost.BoostedTrees;
import tessera.job.spark.Sessions;

/** A second Spark in the process of a first one. */
final class DriverTrainerTest {
  private static final Map<String, String> SETTINGS =
      Map.of(
          "spark.ui.enabled", "false",
          "spark.driver.host", "localhost",
          "spark.driver.bindAddress", "127.0.0.1",
          "spark.sql.defaultUrlStreamHandlerFactory.enabled", "false");

  private static final List<Trainer.Example> EXAMPLES = examples();

  private static List<Trainer.Example> examples() {
    SplittableRandom random = new SplittableRandom(7);
    return Stream.generate(() -> random.doubles(5).toArray())
        .limit(100)
        .map(x -> new Trainer.Example(x[0] + x[1] * x[2], x, 1 + x[3]))
        .toList();
  }

  @Test
  void fit_besideTheSparkOfACluster_givesTheSameTrees() throws Exception {
    try (SparkSession spark = Sessions.start()) {
      Trainer.Fitted expected = new SessionTrainer(spark).fit(EXAMPLES, 3);
      DriverTrainer trainer =
          new DriverTrainer(
              SETTINGS,
              (examples, rounds) -> {
                throw new AssertionError("trained on the cluster");
              });
      Trainer.Fitted fitted = trainer.fit(EXAMPLES, 3);
      assertEqual(expected.trees(), fitted.trees());
      assertArrayEquals(expected.importance(), fitted.importance());
      trainer.close();
      assertFalse(spark.sparkContext().isStopped(), "each stops its own");
      assertEquals(100, spark.range(100).count());
    }
  }

  private static void assertEqual(BoostedTrees expected, BoostedTrees trees) {
    assertArrayEquals(expected.roots(), trees.roots());
    assertArrayEquals(expected.weights(), trees.weights());
    assertArrayEquals(expected.feature(), trees.feature());
    assertArrayEquals(expected.threshold(), trees.threshold());
    assertArrayEquals(expected.left(), trees.left());
    assertArrayEquals(expected.right(), trees.right());
  }

  @Test
  void fit_sparkThatDoesNotStart_trainsOnTheCluster() {
    Trainer.Fitted fitted =
        new Trainer.Fitted(
            new BoostedTrees(
                new int[0], new double[0], new int[0], new double[0], new int[0], new int[0]),
            new double[0]);
    try (DriverTrainer trainer =
        new DriverTrainer(Map.of("spark.testing.memory", "1"), (examples, rounds) -> fitted)) {
      assertSame(fitted, trainer.fit(EXAMPLES, 3));
      assertSame(fitted, trainer.fit(EXAMPLES, 3), "nor later");
    }
  }
}
