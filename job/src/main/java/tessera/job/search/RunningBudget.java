package tessera.job.search;

import java.util.function.DoubleSupplier;
import tessera.measure.Deadline;
import tessera.workload.Budget;

/**
 * A budget being used. Time that the end of a run needs, to re-measure and publish, is kept back.
 */
public final class RunningBudget {
  /** The least share of a budget for a round before which no candidate was right. */
  private static final double FIRST_ROUND = 0.2;

  /** So many rounds without a candidate that was right, whatever time is left. */
  private static final int FIRST_ROUNDS = 3;

  /** A round that has this share of the last one's time measures most of its candidates. */
  private static final double MOST = 0.75;

  private final Budget budget;
  private final double reservedSeconds;
  private final DoubleSupplier elapsed;
  private int rounds;
  private double roundStart;
  private double lastRound;
  private double lastWhole;
  private double lastEnd;

  /**
   * @param elapsed seconds since the start
   */
  public RunningBudget(Budget budget, double reservedSeconds, DoubleSupplier elapsed) {
    this.budget = budget;
    this.reservedSeconds = reservedSeconds;
    this.elapsed = elapsed;
  }

  /** When that was, for {@link #roundEnds}. */
  double roundStarts() {
    rounds++;
    roundStart = elapsed.getAsDouble();
    return roundStart;
  }

  /**
   * Of rounds at once the first ends, which took the time since the one before it.
   *
   * @param start of this round
   */
  void roundEnds(double start) {
    double now = elapsed.getAsDouble();
    lastRound = now - Math.max(roundStart, lastEnd);
    lastWhole = now - start;
    lastEnd = now;
  }

  /**
   * When candidates may begin at the latest. While none was right a round has some time whatever
   * was kept back, since nothing can be delivered without one.
   *
   * @param found whether a candidate was right
   */
  Deadline end(boolean found) {
    double left = budget.seconds() - reservedSeconds - elapsed.getAsDouble();
    double least = found ? 0 : FIRST_ROUND * budget.seconds();
    return Deadline.in(Math.max(least, left));
  }

  int trialsLeft(int trials) {
    return budget.trials() - trials;
  }

  /**
   * Whether another round as long as the last one still fits. Of rounds at once the last one's
   * length is what passed since the one before it ended, and most of its time from its start, with
   * learning, must be left as well. While no candidate was right, a few rounds fit anyway.
   *
   * @param trials that are measured, or are about to be
   * @param found whether a candidate was right
   * @param underWay rounds that have not ended
   */
  boolean remains(int trials, boolean found, int underWay) {
    if (trials >= budget.trials()) {
      return false;
    }
    double seconds = Math.max((1 + underWay) * lastRound, MOST * lastWhole);
    return !found && rounds < FIRST_ROUNDS
        || elapsed.getAsDouble() + seconds + reservedSeconds <= budget.seconds();
  }
}
