package tessera.job.spark.learn;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.ml.regression.GBTRegressionModel;
import org.apache.spark.ml.regression.GBTRegressor;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import tessera.cost.CostModel;
import tessera.cost.LearnedCost;
import tessera.job.predict.CostRow;
import tessera.job.predict.RankCorrelation;
import tessera.job.search.Learner;
import tessera.job.warm.FormerCosts;
import tessera.job.warm.Recalibration;
import tessera.job.warm.WarmStart;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.SearchSpace;
import tessera.trial.Trial;

/**
 * f_MK by MLlib's gradient-boosted trees (DietCode used XGBoost). A row is a trial's probe; its
 * label is the logarithm of measured over prior time per padded multiply-add. One micro-kernel in
 * five is held out, always the same ones, to score the model.
 */
public final class SparkLearner implements Learner {
  /** Trials of a training set below which the prior alone predicts: trees would only fit noise. */
  private static final int LEAST_TRIALS = 16;

  /** Boosting rounds: more fit better and take longer before each round of the search. */
  private static final int TREES = 20;

  /** Decisions of a tree: each combines up to so many features. */
  private static final int DEPTH = 3;

  /** One micro-kernel in so many is held out, to score the model. */
  private static final int HOLD_OUT = 5;

  /** Micro-kernels among which the recall of the best is scored. */
  private static final int TOP = 8;

  /** The table of a training whose model nobody uses. */
  private static final int WARM_UP_ROWS = 64;

  private static final int WARM_UP_FEATURES = 4;
  private static final int WARM_UP_TREES = 4;

  private static final String WEIGHT = "weight";

  private static final StructType TABLE =
      new StructType()
          .add("label", DataTypes.DoubleType, false)
          .add("features", SQLDataTypes.VectorType(), false)
          .add(WEIGHT, DataTypes.DoubleType, false);

  private final SparkSession spark;
  private final SearchSpace space;
  private final double peakGflops;
  private final FormerCosts former;

  public SparkLearner(SparkSession spark, SearchSpace space, double peakGflops) {
    this(spark, space, peakGflops, new FormerCosts(WarmStart.NONE, space));
  }

  /**
   * @param former what former runs measured, from which it learns too; the less the more is new
   */
  public SparkLearner(
      SparkSession spark, SearchSpace space, double peakGflops, FormerCosts former) {
    this.former = former;
    this.spark = spark;
    this.space = space;
    this.peakGflops = peakGflops;
  }

  @Override
  public Learned learn(List<Trial> trials) {
    List<Trial> good = trials.stream().filter(Trial::isOk).toList();
    List<Trial> heldOut = good.stream().filter(SparkLearner::isHeldOut).toList();
    List<Trial> training = good.stream().filter(trial -> !isHeldOut(trial)).toList();
    CostModel prior = kernel -> space.family(kernel).prior(kernel);
    FormerCosts.Seed seed = former.seed(good, peakGflops);
    boolean isBegin = trials.isEmpty(); // no tree tells more of what former runs measured
    if (training.size() < LEAST_TRIALS && (isBegin || seed.rows().size() < LEAST_TRIALS)) {
      CostModel known = former.model(prior, seed.recalibration());
      return new Learned(known, score(prior, prior, heldOut));
    }
    GBTRegressionModel trees = fit(rows(training, seed), TREES);
    CostModel model = new LearnedCost(space, Trees.of(trees));
    return new Learned(
        seed.rows().isEmpty() ? model : former.model(model, seed.recalibration()),
        score(model, prior, heldOut),
        importance(trees),
        seeding(seed));
  }

  private static Seeding seeding(FormerCosts.Seed seed) {
    Recalibration recalibration = seed.recalibration();
    return seed.rows().isEmpty()
        ? Seeding.NONE
        : new Seeding(
            seed.rows().size(),
            recalibration.anchors(),
            recalibration.factors(),
            recalibration.deviation());
  }

  /**
   * A small training of random rows. MLlib's first training in a process takes seconds more than
   * those after it, on the driver and on the executor that trains.
   */
  @Override
  public void warmUp() {
    SplittableRandom random = new SplittableRandom(1);
    List<Row> rows =
        Stream.generate(
                () -> row(random.nextDouble(), random.doubles(WARM_UP_FEATURES).toArray(), 1))
            .limit(WARM_UP_ROWS)
            .toList();
    Trees.of(fit(rows, WARM_UP_TREES));
  }

  /** By the key's hash: stable between rounds, runs and machines. */
  private static boolean isHeldOut(MicroKernel kernel) {
    return Math.floorMod(kernel.key().hashCode() * 0x9E3779B1 >>> 10, HOLD_OUT) == 0;
  }

  private static boolean isHeldOut(Trial trial) {
    return isHeldOut(trial.kernel());
  }

  /** Of the features that any tree decides by. */
  private Map<String, Double> importance(GBTRegressionModel trees) {
    List<String> names = LearnedCost.featureNames(space);
    Map<String, Double> importance = new TreeMap<>();
    double[] shares = trees.featureImportances().toArray();
    for (int feature = 0; feature < shares.length; feature++) {
      if (shares[feature] > 0) {
        importance.put(names.get(feature), shares[feature]);
      }
    }
    return importance;
  }

  private List<Row> rows(List<Trial> training, FormerCosts.Seed seed) {
    List<Row> rows = new ArrayList<>();
    for (FormerCosts.Sample sample : seed.rows()) {
      if (!isHeldOut(sample.kernel())) {
        rows.add(row(sample.label(), sample.features(), seed.weight()));
      }
    }
    for (Trial trial : training) {
      CostRow.of(space, trial, peakGflops)
          .forEach(row -> rows.add(row(row.label(), row.features(), 1)));
    }
    return rows;
  }

  private static Row row(double label, double[] features, double weight) {
    return RowFactory.create(label, Vectors.dense(features), weight);
  }

  private GBTRegressionModel fit(List<Row> rows, int trees) {
    return new GBTRegressor()
        .setWeightCol(WEIGHT)
        .setMaxIter(trees)
        .setMaxDepth(DEPTH)
        .setStepSize(0.3)
        .setMaxBins(64)
        .setMinInstancesPerNode(4)
        .setSubsamplingRate(0.8)
        .setFeatureSubsetStrategy("0.6")
        .setSeed(1)
        .fit(spark.createDataFrame(rows, TABLE).coalesce(1));
  }

  /**
   * Orders held-out micro-kernels by their time on their own full probe, per useful multiply-add.
   */
  private Scores score(CostModel model, CostModel prior, List<Trial> heldOut) {
    double[] truth = heldOut.stream().mapToDouble(this::measured).toArray();
    double[] learned = heldOut.stream().mapToDouble(trial -> predicted(model, trial)).toArray();
    double[] analytic = heldOut.stream().mapToDouble(trial -> predicted(prior, trial)).toArray();
    return new Scores(
        RankCorrelation.spearman(learned, truth),
        RankCorrelation.spearman(analytic, truth),
        RankCorrelation.recall(learned, truth, TOP),
        heldOut.size());
  }

  private double measured(Trial trial) {
    return trial.timings().stream()
        .mapToDouble(timing -> Math.log(timing.seconds(peakGflops) / timing.problem().flops()))
        .average()
        .orElseThrow();
  }

  private double predicted(CostModel model, Trial trial) {
    MicroKernel kernel = trial.kernel();
    MicroKernelCost cost = model.predict(kernel);
    return trial.timings().stream()
        .mapToDouble(
            timing ->
                Math.log(
                    space
                            .family(kernel)
                            .tiling(kernel)
                            .adaptation(timing.problem().gemm(), 1)
                            .seconds(cost)
                        / timing.problem().flops()))
        .average()
        .orElseThrow();
  }
}
