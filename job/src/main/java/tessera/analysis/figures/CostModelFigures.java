package tessera.analysis.figures;

import java.util.List;

/** How right the cost model was. */
public record CostModelFigures(
    List<Prediction> predictions, List<Score> scores, Known<List<Importance>> importance) {
  /**
   * One probe of a trial that was right.
   *
   * @param predictedSeconds what the model said when it proposed the micro-kernel
   * @param priorSeconds what the analytic prior says
   */
  public record Prediction(
      String search,
      int round,
      int index,
      String family,
      String kernel,
      String probe,
      double measuredSeconds,
      Known<Double> predictedSeconds,
      Known<Double> priorSeconds) {}

  /**
   * The model before a round, on micro-kernels that it was not trained on.
   *
   * @param heldOut how many those are
   * @param spearman rank correlation
   * @param priorSpearman that of the analytic prior
   * @param top8Recall share of the truly best 8 among the predicted best 8
   */
  public record Score(
      String search,
      int round,
      int heldOut,
      double spearman,
      double priorSpearman,
      double top8Recall) {}

  /** The share of a feature in what the trees of a round decide by. */
  public record Importance(String search, int round, String feature, double share) {}
}
