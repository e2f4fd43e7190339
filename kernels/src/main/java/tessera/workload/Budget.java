package tessera.workload;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import tessera.UserError;

/**
 * How long to search: it ends at whichever of the two is reached first.
 *
 * @param trials the most candidates to build and measure
 * @param seconds the most wall-clock seconds from start to published bundle
 */
public record Budget(int trials, double seconds) {
  /** More than anybody waits: 30 years. */
  public static final double MOST_SECONDS = 1e9;

  /** Named budgets. */
  public enum Effort {
    /** The analytic prior's best candidates only. */
    QUICK(24, 45),
    STANDARD(96, 150),
    FULL(256, 280);

    private final Budget budget;

    Effort(int trials, double seconds) {
      this.budget = new Budget(trials, seconds);
    }

    public Budget budget() {
      return budget;
    }

    public static Effort of(String key) {
      return Arrays.stream(values())
          .filter(effort -> effort.key().equals(key))
          .findFirst()
          .orElseThrow(
              () ->
                  new UserError(
                      "effort "
                          + UserError.quoted(key)
                          + " is unknown; it is one of "
                          + Arrays.stream(values())
                              .map(Effort::key)
                              .collect(Collectors.joining(", "))));
    }

    public String key() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  public Budget {
    if (trials < 1 || !(seconds > 0)) {
      throw new IllegalArgumentException(
          "budget must be positive: trials=" + trials + " seconds=" + seconds);
    }
  }
}
