package tessera.job.search;

import java.util.List;
import java.util.Map;
import tessera.cost.CostModel;
import tessera.trial.Trial;

/** Trains the cost model on what was measured. */
public interface Learner {
  /**
   * A model with its scores on micro-kernels that it was not trained on.
   *
   * @param importance share of each feature in what the model decides by; empty where it is the
   *     prior
   * @param seeding what it has of former runs
   */
  record Learned(CostModel model, Scores scores, Map<String, Double> importance, Seeding seeding) {
    public Learned {
      importance = Map.copyOf(importance);
    }

    /** One that knows of no former run. */
    public Learned(CostModel model, Scores scores, Map<String, Double> importance) {
      this(model, scores, importance, Seeding.NONE);
    }

    /** The prior. */
    public Learned(CostModel model, Scores scores) {
      this(model, scores, Map.of());
    }
  }

  /**
   * How well predicted costs order held-out micro-kernels.
   *
   * @param spearman rank correlation of the learned model, in [-1, 1]
   * @param priorSpearman the same for the analytic prior alone
   * @param topRecall share of the truly best 8 that are among the predicted best 8
   * @param heldOut how many micro-kernels were held out
   */
  record Scores(double spearman, double priorSpearman, double topRecall, int heldOut) {}

  /**
   * What a model has of former runs.
   *
   * @param rows timings of former runs that it was trained on
   * @param anchors timings of micro-kernels that were measured then and now
   * @param factors by which the times of each family were corrected, before they were learned from
   * @param deviation share by which corrected former times miss those of now, in the mean
   */
  record Seeding(int rows, int anchors, Map<String, Double> factors, double deviation) {
    /** It has nothing of them. */
    public static final Seeding NONE = new Seeding(0, 0, Map.of(), 0);

    public Seeding {
      factors = Map.copyOf(factors);
    }
  }

  /** The analytic prior until there is enough to learn from. */
  Learned learn(List<Trial> trials);

  /**
   * Makes the first training faster, while there is nothing to learn from; the first may begin
   * before this ends.
   */
  default void warmUp() {}
}
