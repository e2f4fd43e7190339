package tessera.job.search;

import java.util.function.DoubleSupplier;
import tessera.workload.Budget;

/**
 * A budget being used. Time that the end of a run needs, to re-measure and publish, is kept back.
 */
public final class RunningBudget {
  private final Budget budget;
  private final double reservedSeconds;
  private final DoubleSupplier elapsed;
  private double roundStart;
  private double lastRound;

  /**
   * @param elapsed seconds since the start
   */
  public RunningBudget(Budget budget, double reservedSeconds, DoubleSupplier elapsed) {
    this.budget = budget;
    this.reservedSeconds = reservedSeconds;
    this.elapsed = elapsed;
  }

  void roundStarts() {
    roundStart = elapsed.getAsDouble();
  }

  void roundEnds() {
    lastRound = elapsed.getAsDouble() - roundStart;
  }

  int trialsLeft(int trials) {
    return budget.trials() - trials;
  }

  /**
   * Whether another round as long as the last one still fits; the first always does. Not as long as
   * the first: processes and compilers start in that.
   */
  boolean remains(int trials) {
    return trials == 0
        || trials < budget.trials()
            && elapsed.getAsDouble() + lastRound + reservedSeconds <= budget.seconds();
  }
}
