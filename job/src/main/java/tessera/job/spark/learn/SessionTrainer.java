package tessera.job.spark.learn;

import java.util.List;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.ml.regression.GBTRegressionModel;
import org.apache.spark.ml.regression.GBTRegressor;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * MLlib's gradient-boosted trees, by the jobs of a session: three for each tree. The same examples
 * give the same trees.
 */
public record SessionTrainer(SparkSession spark) implements Trainer {
  /** Decisions of a tree: each combines up to so many features. */
  private static final int DEPTH = 3;

  private static final String WEIGHT = "weight";

  private static final StructType TABLE =
      new StructType()
          .add("label", DataTypes.DoubleType, false)
          .add("features", SQLDataTypes.VectorType(), false)
          .add(WEIGHT, DataTypes.DoubleType, false);

  @Override
  public Fitted fit(List<Example> examples, int rounds) {
    GBTRegressionModel model =
        new GBTRegressor()
            .setWeightCol(WEIGHT)
            .setMaxIter(rounds)
            .setMaxDepth(DEPTH)
            .setStepSize(0.3)
            .setMaxBins(64)
            .setMinInstancesPerNode(4)
            .setSubsamplingRate(0.8)
            .setFeatureSubsetStrategy("0.6")
            .setSeed(1)
            .fit(
                spark
                    .createDataFrame(examples.stream().map(SessionTrainer::row).toList(), TABLE)
                    .coalesce(1));
    return new Fitted(Trees.of(model), model.featureImportances().toArray());
  }

  private static Row row(Example example) {
    return RowFactory.create(example.label(), Vectors.dense(example.features()), example.weight());
  }
}
