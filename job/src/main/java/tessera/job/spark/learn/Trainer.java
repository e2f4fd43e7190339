package tessera.job.spark.learn;

import java.util.List;
import tessera.cost.BoostedTrees;

/** Fits gradient-boosted trees to rows. */
public interface Trainer extends AutoCloseable {
  /**
   * What trees are fitted to.
   *
   * @param weight by which its error counts
   */
  record Example(double label, double[] features, double weight) {}

  /**
   * @param importance share of each feature in what the trees decide by
   */
  record Fitted(BoostedTrees trees, double[] importance) {}

  /**
   * @param rounds of boosting, each of which adds a tree
   */
  Fitted fit(List<Example> examples, int rounds);

  @Override
  default void close() {}
}
