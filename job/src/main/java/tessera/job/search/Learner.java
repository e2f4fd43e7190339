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
   */
  record Learned(CostModel model, Scores scores, Map<String, Double> importance) {
    public Learned {
      importance = Map.copyOf(importance);
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

  /** The analytic prior until there is enough to learn from. */
  Learned learn(List<Trial> trials);
}
