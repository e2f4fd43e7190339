package tessera.analysis.figures;

import java.util.List;

/**
 * The shapes that production called beside those that a bundle was tuned for.
 *
 * @param calls of the trace
 * @param shapes of the trace that differ
 * @param tuned what the weights of the bundle are known from, in words
 * @param verdict whether the shapes have moved: surely by more than the threshold, or surely out of
 *     the tuned range by more than {@link #MOST_OUTSIDE}
 * @param distance total variation distance of the two distributions: the share of the calls that
 *     would need another shape to be distributed as it was tuned for
 * @param noise the distance that no more than one in a hundred traces as long has where nothing
 *     moved
 * @param threshold the least distance that counts
 * @param classes of shapes that were compared
 * @param shifts those whose shares changed most
 * @param outsideCalls share of the calls that lie outside the tuned range
 * @param outsideTime share of the predicted time of all calls that those take
 * @param gain what the present bundle takes on the trace over what it could take after retuning, by
 *     the micro-kernels of the run's log; 1 where there is nothing to gain
 * @param command that tunes for the trace
 */
public record Drift(
    double calls,
    int shapes,
    String tuned,
    Verdict verdict,
    Estimate distance,
    double noise,
    double threshold,
    int classes,
    List<Shift> shifts,
    List<Range> ranges,
    Estimate outsideCalls,
    Known<Estimate> outsideTime,
    Known<Estimate> gain,
    Known<String> command) {
  /** Calls outside the tuned range that do not count as a change yet, as a share of all. */
  public static final double MOST_OUTSIDE = 0.01;

  /** Whether the shapes have moved. */
  public enum Verdict {
    MOVED,
    /** No more than by the threshold, or by no more than chance moves so few calls. */
    SAME
  }

  /** A figure with the ends of an interval that holds it in about 95 of 100 cases. */
  public record Estimate(double value, double low, double high) {}

  /**
   * A class of alike shapes.
   *
   * @param from the least values of the shape variables in it
   * @param to the greatest
   * @param tunedShare of the work that the bundle was tuned for
   * @param callsShare of the calls
   */
  public record Shift(List<Long> from, List<Long> to, double tunedShare, double callsShare) {}

  /** The values of a shape variable, tuned for and called. */
  public record Range(
      String variable, long tunedFrom, long tunedTo, long calledFrom, long calledTo) {}
}
