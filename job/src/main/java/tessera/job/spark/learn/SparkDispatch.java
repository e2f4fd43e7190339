package tessera.job.spark.learn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.apache.spark.ml.classification.DecisionTreeClassifier;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.linalg.VectorUDT;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import tessera.dispatch.DecisionTree;
import tessera.job.spark.tables.Schemas;
import tessera.workload.Instance;

/**
 * Trains the dispatcher: MLlib's decision tree over the shape variables. Every instance is one row
 * for each kernel that is nearly best on it, weighted by the regret that another choice would cost,
 * so that ties are free to fall where the tree is simplest.
 */
public final class SparkDispatch {
  /**
   * MLlib's limit. Where tiles fit and where they do not alternates along a length, which makes
   * trees long: what is left at the limit is split by trees of its own.
   */
  private static final int DEPTH = 30;

  /* Where there are fewer bins than values of a variable, MLlib splits at quantiles alone. */
  private static final int LEAST_BINS = 32;
  private static final int MOST_BINS = 4096;

  /** Kernels this close to the best are as good; measured times are no finer. */
  private static final double TIE = 0.01;

  private static final StructType SCHEMA =
      Schemas.of(
          Schemas.column("label", DataTypes.DoubleType),
          Schemas.column("weight", DataTypes.DoubleType),
          Schemas.column("features", new VectorUDT()));

  private SparkDispatch() {}

  /**
   * @param seconds [plan][instance]
   * @param alignment what values modulo this say decides beside the values; 1 for nothing
   */
  public static DecisionTree train(
      SparkSession spark, List<Instance> instances, double[][] seconds, int alignment) {
    if (seconds.length == 1 || instances.get(0).values().isEmpty()) {
      return DecisionTree.constant(bestOverall(instances, seconds));
    }
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < instances.size(); i++) {
      rows.addAll(rows(instances.get(i), seconds, i, alignment));
    }
    int bins = Math.max(LEAST_BINS, Math.min(MOST_BINS, 1 + instances.size()));
    return new Growth(spark, instances.get(0).values().size(), alignment, bins).grow(rows);
  }

  /**
   * @param rank of a shape, which are a row's first features
   */
  private record Growth(SparkSession spark, int rank, int alignment, int bins) {
    DecisionTree grow(List<Row> rows) {
      DecisionTree tree =
          Trees.of(
              new DecisionTreeClassifier()
                  .setMaxDepth(DEPTH)
                  .setMaxBins(bins)
                  .setWeightCol("weight")
                  .setMinWeightFractionPerNode(0)
                  .setSeed(1)
                  .fit(spark.createDataFrame(rows, SCHEMA).coalesce(1)),
              rank,
              alignment);
      return deepened(tree, rows);
    }

    /** Lets leaves that are as deep as MLlib goes, and still mixed, grow on. */
    private DecisionTree deepened(DecisionTree tree, List<Row> rows) {
      Map<Integer, List<Row>> deepest = new TreeMap<>();
      for (Row row : rows) {
        long[] shape = shape(row);
        if (tree.path(shape).size() == DEPTH) {
          deepest.computeIfAbsent(tree.leaf(shape), leaf -> new ArrayList<>()).add(row);
        }
      }
      DecisionTree deeper = tree;
      for (Map.Entry<Integer, List<Row>> leaf : deepest.entrySet()) {
        if (leaf.getValue().stream().map(row -> row.getDouble(0)).distinct().count() > 1) {
          deeper = deeper.withSubtree(leaf.getKey(), grow(leaf.getValue()));
        }
      }
      return deeper;
    }

    private long[] shape(Row row) {
      double[] features = ((Vector) row.get(2)).toArray();
      return Arrays.stream(features).limit(rank).mapToLong(value -> (long) value).toArray();
    }
  }

  private static List<Row> rows(Instance instance, double[][] seconds, int i, int alignment) {
    double best = Double.POSITIVE_INFINITY;
    double worst = 0;
    for (double[] kernel : seconds) {
      best = Math.min(best, kernel[i]);
      worst = Math.max(worst, kernel[i]);
    }
    double[] shape = features(instance, alignment);
    List<Row> rows = new ArrayList<>();
    for (int kernel = 0; kernel < seconds.length; kernel++) {
      double regret = seconds[kernel][i] / best - 1;
      if (regret <= TIE) {
        double saved = Math.max(1e-3, worst / best - 1 - regret);
        rows.add(
            RowFactory.create((double) kernel, instance.weight() * saved, Vectors.dense(shape)));
      }
    }
    return rows;
  }

  private static double[] features(Instance instance, int alignment) {
    LongStream values = instance.values().stream().mapToLong(Long::longValue);
    LongStream left = instance.values().stream().mapToLong(value -> value % alignment);
    return (alignment > 1 ? LongStream.concat(values, left) : values).asDoubleStream().toArray();
  }

  private static int bestOverall(List<Instance> instances, double[][] seconds) {
    int best = 0;
    double least = Double.POSITIVE_INFINITY;
    for (int kernel = 0; kernel < seconds.length; kernel++) {
      double sum = 0;
      for (int i = 0; i < instances.size(); i++) {
        sum += instances.get(i).weight() * seconds[kernel][i];
      }
      if (sum < least) {
        least = sum;
        best = kernel;
      }
    }
    return best;
  }
}
