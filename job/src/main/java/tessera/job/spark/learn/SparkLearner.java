package tessera.job.spark.learn;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.sql.SparkSession;
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

  /** One micro-kernel in so many is held out, to score the model. */
  private static final int HOLD_OUT = 5;

  /** Micro-kernels among which the recall of the best is scored. */
  private static final int TOP = 8;

  /** The table of a training whose model nobody uses. */
  private static final int WARM_UP_ROWS = 64;

  private static final int WARM_UP_FEATURES = 4;
  private static final int WARM_UP_TREES = 4;

  private final Trainer trainer;
  private final SearchSpace space;
  private final double peakGflops;
  private final FormerCosts former;

  /** One that trains by a session's jobs and knows no former run, as notebooks take it. */
  public SparkLearner(SparkSession spark, SearchSpace space, double peakGflops) {
    this(new SessionTrainer(spark), space, peakGflops, new FormerCosts(WarmStart.NONE, space));
  }

  /**
   * @param former what former runs measured, from which it learns too; the less the more is new
   */
  public SparkLearner(Trainer trainer, SearchSpace space, double peakGflops, FormerCosts former) {
    this.former = former;
    this.trainer = trainer;
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
    Trainer.Fitted fitted = trainer.fit(examples(training, seed), TREES);
    CostModel model = new LearnedCost(space, fitted.trees());
    return new Learned(
        seed.rows().isEmpty() ? model : former.model(model, seed.recalibration()),
        score(model, prior, heldOut),
        importance(fitted),
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
   * A small training of random rows: the first in a process takes seconds more than those after it.
   */
  @Override
  public void warmUp() {
    SplittableRandom random = new SplittableRandom(1);
    List<Trainer.Example> examples =
        Stream.generate(
                () ->
                    new Trainer.Example(
                        random.nextDouble(), random.doubles(WARM_UP_FEATURES).toArray(), 1))
            .limit(WARM_UP_ROWS)
            .toList();
    trainer.fit(examples, WARM_UP_TREES);
  }

  /** By the key's hash: stable between rounds, runs and machines. */
  private static boolean isHeldOut(MicroKernel kernel) {
    return Math.floorMod(kernel.key().hashCode() * 0x9E3779B1 >>> 10, HOLD_OUT) == 0;
  }

  private static boolean isHeldOut(Trial trial) {
    return isHeldOut(trial.kernel());
  }

  /** Of the features that any tree decides by. */
  private Map<String, Double> importance(Trainer.Fitted fitted) {
    List<String> names = LearnedCost.featureNames(space);
    Map<String, Double> importance = new TreeMap<>();
    double[] shares = fitted.importance();
    for (int feature = 0; feature < shares.length; feature++) {
      if (shares[feature] > 0) {
        importance.put(names.get(feature), shares[feature]);
      }
    }
    return importance;
  }

  private List<Trainer.Example> examples(List<Trial> training, FormerCosts.Seed seed) {
    List<Trainer.Example> examples = new ArrayList<>();
    for (FormerCosts.Sample sample : seed.rows()) {
      if (!isHeldOut(sample.kernel())) {
        examples.add(new Trainer.Example(sample.label(), sample.features(), seed.weight()));
      }
    }
    for (Trial trial : training) {
      CostRow.of(space, trial, peakGflops)
          .forEach(row -> examples.add(new Trainer.Example(row.label(), row.features(), 1)));
    }
    return examples;
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
