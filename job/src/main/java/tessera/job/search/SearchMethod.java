package tessera.job.search;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import tessera.UserError;

/** How a run searches, as {@code --strategy} and a run's settings name it. */
public enum SearchMethod {
  /** One search for all shapes, whose candidates evolve. */
  EVOLUTIONARY,
  /** One search for all shapes, whose candidates are drawn at random: a baseline. */
  RANDOM,
  /** A search for each sampled instance alone: the way of a static auto-scheduler. */
  PER_SHAPE;

  /**
   * @throws UserError where there is no such strategy
   */
  @JsonCreator
  public static SearchMethod of(String key) {
    return Arrays.stream(values())
        .filter(method -> method.key().equals(key))
        .findFirst()
        .orElseThrow(
            () ->
                new UserError(
                    "strategy "
                        + UserError.quoted(key)
                        + " is unknown; it is one of "
                        + Arrays.stream(values())
                            .map(SearchMethod::key)
                            .collect(Collectors.joining(", "))));
  }

  @JsonValue
  public String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
