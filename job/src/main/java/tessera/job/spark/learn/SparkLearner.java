package tessera.job.spark.learn;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.ml.feature.LabeledPoint;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.ml.regression.GBTRegressionModel;
import org.apache.spark.ml.regression.GBTRegressor;
import org.apache.spark.sql.SparkSession;
import tessera.cost.CostModel;
import tessera.cost.LearnedCost;
import tessera.job.predict.RankCorrelation;
import tessera.job.search.Learner;
import tessera.measure.Timing;
import tessera.microkernel.Adaptation;
import tessera.microkernel.KernelFamily;
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

  private final SparkSession spark;
  private final SearchSpace space;
  private final double peakGflops;

  public SparkLearner(SparkSession spark, SearchSpace space, double peakGflops) {
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
    if (training.size() < LEAST_TRIALS) {
      return new Learned(prior, score(prior, prior, heldOut));
    }
    GBTRegressionModel trees = fit(training);
    CostModel model = new LearnedCost(space, Trees.of(trees));
    return new Learned(model, score(model, prior, heldOut), importance(trees));
  }

  /** By the key's hash: stable between rounds, runs and machines. */
  private static boolean isHeldOut(Trial trial) {
    return Math.floorMod(trial.kernel().key().hashCode() * 0x9E3779B1 >>> 10, HOLD_OUT) == 0;
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

  private GBTRegressionModel fit(List<Trial> training) {
    List<LabeledPoint> rows = new ArrayList<>();
    for (Trial trial : training) {
      KernelFamily family = space.family(trial.kernel());
      for (Timing timing : trial.timings()) {
        Adaptation adaptation =
            family.tiling(trial.kernel()).adaptation(timing.problem().gemm(), 1);
        double ratio = adaptation.elements() / adaptation.steps();
        double measured = adaptation.withoutCall(timing.seconds(peakGflops)) / adaptation.steps();
        double label = Math.log(measured / LearnedCost.priorPerStep(family, trial.kernel(), ratio));
        rows.add(
            new LabeledPoint(
                label, Vectors.dense(LearnedCost.features(space, trial.kernel(), ratio))));
      }
    }
    return new GBTRegressor()
        .setMaxIter(TREES)
        .setMaxDepth(DEPTH)
        .setStepSize(0.3)
        .setMaxBins(64)
        .setMinInstancesPerNode(4)
        .setSubsamplingRate(0.8)
        .setFeatureSubsetStrategy("0.6")
        .setSeed(1)
        .fit(spark.createDataFrame(rows, LabeledPoint.class).coalesce(1));
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
