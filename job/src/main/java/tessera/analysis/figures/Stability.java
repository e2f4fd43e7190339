package tessera.analysis.figures;

import java.util.List;

/**
 * How far the figures can be trusted.
 *
 * @param tieBand the share by which repeated timings of one micro-kernel on one shape differ in
 *     nine of ten cases: choices that are closer are ties
 * @param choices the dispatched plans beside the best others that were timed
 * @param reference the fixed kernel or loop that ran beside the trials
 */
public record Stability(
    Known<Double> tieBand,
    List<Repeat> repeats,
    List<Choice> choices,
    List<Spread> spreads,
    List<Reference> reference) {
  /**
   * A micro-kernel that was timed twice on one shape of the contest.
   *
   * @param ratio the second time over the first
   */
  public record Repeat(
      String family, String kernel, List<Long> shape, double seconds, double ratio) {}

  /**
   * A dispatched plan.
   *
   * @param ahead the best other plan's time over this one's, less 1; negative where it is faster
   * @param isTie whether that is within the tie band
   */
  public record Choice(List<Long> shape, int plan, int other, double ahead, Known<Boolean> isTie) {}

  /**
   * A probe of a trial.
   *
   * @param spread of its samples: (p80 - p20) / median
   */
  public record Spread(String search, int round, int index, String worker, double spread) {}

  /** The speed of what never changes, beside one trial. */
  public record Reference(String search, int round, int index, String worker, double gflops) {}
}
