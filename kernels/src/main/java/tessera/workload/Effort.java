package tessera.workload;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import tessera.UserError;

/** How thorough a run is: by which method it searches and delivers, with a budget of its own. */
public enum Effort {
  /** Few candidates, chosen by the analytic prior; on a GPU nothing is learned. */
  QUICK(24, 45),
  STANDARD(96, 150),
  FULL(256, 240);

  private final Budget budget;

  Effort(int trials, double seconds) {
    this.budget = new Budget(trials, seconds);
  }

  /** What it takes where nobody sets trials or seconds. */
  public Budget budget() {
    return budget;
  }

  /**
   * @throws UserError where there is no such effort
   */
  @JsonCreator
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

  /** The least that has so many trials of its own; the full one where there are more. */
  public static Effort fitting(int trials) {
    return Arrays.stream(values())
        .filter(effort -> trials <= effort.budget.trials())
        .findFirst()
        .orElse(FULL);
  }

  /** quick, standard, full. */
  @JsonValue
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
