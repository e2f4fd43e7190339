package tessera.trial;

import tessera.measure.Outcome;

/**
 * How one function did on one shape beside others: what it took, or why that is not known.
 *
 * @param outcome OK, or how it ended
 * @param message why it has no time, else empty
 * @param seconds of a call; NaN unless the outcome is OK
 * @param spread (p80 - p20) / median of the timed blocks; NaN unless the outcome is OK
 */
public record Lap(Outcome outcome, String message, double seconds, double spread) {
  public static Lap of(double seconds, double spread) {
    return new Lap(Outcome.OK, "", seconds, spread);
  }

  public static Lap failed(Outcome outcome, String message) {
    return new Lap(outcome, message, Double.NaN, Double.NaN);
  }

  /** It was not its turn before the time was up. */
  public static Lap notRun() {
    return failed(Outcome.NOT_RUN, "there was no time left for it");
  }

  public boolean isOk() {
    return outcome == Outcome.OK;
  }

  /** Whether something is wrong with the function. */
  public boolean hasFailed() {
    return outcome != Outcome.OK && outcome != Outcome.NOT_RUN;
  }
}
