package tessera.workload;

import java.util.Locale;
import java.util.Optional;

/**
 * How long to search: it ends at whichever of the two is reached first.
 *
 * @param trials the most candidates to build and measure
 * @param seconds the most wall-clock seconds from start to published bundle
 */
public record Budget(int trials, double seconds) {
  /** More than anybody waits: 30 years. */
  public static final double MOST_SECONDS = 1e9;

  /** What takes the place of parts of a budget; empty where these stay. */
  public record Limits(Optional<Integer> trials, Optional<Double> seconds) {
    public Budget of(Budget base) {
      return new Budget(
          trials.orElse(base.trials()), Math.min(MOST_SECONDS, seconds.orElse(base.seconds())));
    }
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%d trials, %.0f s", trials, seconds);
  }

  public Budget {
    if (trials < 1 || !(seconds > 0)) {
      throw new IllegalArgumentException(
          "budget must be positive: trials=" + trials + " seconds=" + seconds);
    }
  }

  /** For one of two searches. */
  public Budget half() {
    return new Budget(Math.max(1, trials / 2), seconds / 2);
  }
}
