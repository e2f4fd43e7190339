package tessera.job.spark.learn;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.ml.classification.DecisionTreeClassificationModel;
import org.apache.spark.ml.regression.DecisionTreeRegressionModel;
import org.apache.spark.ml.regression.GBTRegressionModel;
import org.apache.spark.ml.tree.ContinuousSplit;
import org.apache.spark.ml.tree.InternalNode;
import org.apache.spark.ml.tree.Node;
import tessera.cost.BoostedTrees;
import tessera.dispatch.DecisionTree;

/** Takes MLlib's trees out of Spark, into plain arrays. */
final class Trees {
  private final List<Integer> feature = new ArrayList<>();
  private final List<Double> value = new ArrayList<>();
  private final List<Integer> left = new ArrayList<>();
  private final List<Integer> right = new ArrayList<>();

  private Trees() {}

  static BoostedTrees of(GBTRegressionModel model) {
    Trees trees = new Trees();
    List<Integer> roots = new ArrayList<>();
    for (DecisionTreeRegressionModel tree : model.trees()) {
      roots.add(trees.add(tree.rootNode()));
    }
    return new BoostedTrees(
        ints(roots),
        model.treeWeights(),
        ints(trees.feature),
        trees.values(),
        ints(trees.left),
        ints(trees.right));
  }

  /**
   * Thresholds on integers: {@code x <= 47.5} becomes {@code x <= 47}.
   *
   * @param rank features that are values; the others are the same values modulo {@code modulus}
   */
  static DecisionTree of(DecisionTreeClassificationModel model, int rank, int modulus) {
    Trees trees = new Trees();
    trees.add(model.rootNode());
    int size = trees.feature.size();
    long[] thresholds = new long[size];
    int[] labels = new int[size];
    int[] variables = new int[size];
    int[] moduli = new int[size];
    for (int node = 0; node < size; node++) {
      int feature = trees.feature.get(node);
      variables[node] = feature < 0 ? feature : feature % rank;
      moduli[node] = feature < rank ? 0 : modulus;
      thresholds[node] = trees.feature.get(node) < 0 ? 0 : (long) Math.floor(trees.value.get(node));
      labels[node] = trees.feature.get(node) < 0 ? trees.value.get(node).intValue() : 0;
    }
    return new DecisionTree(
        variables, moduli, thresholds, ints(trees.left), ints(trees.right), labels);
  }

  /** Adds a subtree and returns its first node. */
  private int add(Node node) {
    int index = feature.size();
    feature.add(-1);
    value.add(node.prediction());
    left.add(0);
    right.add(0);
    if (node instanceof InternalNode internal
        && internal.split() instanceof ContinuousSplit split) {
      feature.set(index, split.featureIndex());
      value.set(index, split.threshold());
      left.set(index, add(internal.leftChild()));
      right.set(index, add(internal.rightChild()));
    }
    return index;
  }

  private double[] values() {
    return value.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static int[] ints(List<Integer> values) {
    return values.stream().mapToInt(Integer::intValue).toArray();
  }
}
