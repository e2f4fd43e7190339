package tessera.job.spark;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import tessera.cost.BoostedTrees;
import tessera.job.spark.learn.DriverTrainer;
import tessera.job.spark.learn.SessionTrainer;
import tessera.job.spark.learn.Trainer;

/** A second Spark in the process of a first one. */
final class DriverTrainerTest {
  private static final List<Trainer.Example> EXAMPLES = examples();

  private static final Trainer NONE =
      (examples, rounds) -> {
        throw new AssertionError("trained on the cluster");
      };

  private static List<Trainer.Example> examples() {
    SplittableRandom random = new SplittableRandom(7);
    return Stream.generate(() -> random.doubles(5).toArray())
        .limit(100)
        .map(x -> new Trainer.Example(x[0] + x[1] * x[2], x, 1 + x[3]))
        .toList();
  }

  private static DriverTrainer trainer(Trainer byJobs) {
    return new DriverTrainer(Sessions.ofTraining(new SparkConf(false)), byJobs);
  }

  @Test
  void fit_besideTheSparkOfACluster_givesTheSameTrees() throws Exception {
    try (SparkSession spark = Sessions.start()) {
      Trainer.Fitted expected = new SessionTrainer(spark).fit(EXAMPLES, 3);
      try (DriverTrainer trainer = trainer(NONE)) {
        Trainer.Fitted fitted = trainer.fit(EXAMPLES, 3);
        assertEqual(expected.trees(), fitted.trees());
        assertArrayEquals(expected.importance(), fitted.importance());
      }
      assertFalse(spark.sparkContext().isStopped(), "each stops its own");
      assertEquals(100, spark.range(100).count());
    }
  }

  @Test
  void fit_trainingThatFails_isDoneByTheCluster() {
    Trainer.Fitted fitted = fitted();
    try (DriverTrainer trainer = trainer((examples, rounds) -> fitted)) {
      assertNotSame(fitted, trainer.fit(EXAMPLES, 1));
      assertSame(fitted, trainer.fit(List.of(), 1), "MLlib needs examples");
      assertSame(fitted, trainer.fit(EXAMPLES, 1), "and so are all later ones");
    }
  }

  @Test
  void fit_closed_startsNothing() {
    DriverTrainer trainer = trainer(NONE);
    trainer.close();
    assertThrows(IllegalStateException.class, () -> trainer.fit(EXAMPLES, 1));
    trainer.close();
  }

  private static Trainer.Fitted fitted() {
    return new Trainer.Fitted(
        new BoostedTrees(
            new int[0], new double[0], new int[0], new double[0], new int[0], new int[0]),
        new double[0]);
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
    Trainer.Fitted fitted = fitted();
    try (DriverTrainer trainer =
        new DriverTrainer(Map.of("spark.testing.memory", "1"), (examples, rounds) -> fitted)) {
      assertSame(fitted, trainer.fit(EXAMPLES, 3));
    }
  }
}
