package tessera.workload;

import java.util.Locale;

/**
 * How long to search: it ends at whichever of the two is reached first.
 *
 * @param trials the most candidates to build and measure
 * @param seconds the most wall-clock seconds from start to published bundle
 */
public record Budget(int trials, double seconds) {
  /** More than anybody waits: 30 years. */
  public static final double MOST_SECONDS = 1e9;

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
}
