package tessera.job.search;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import tessera.UserError;
import tessera.effort.EffortRow;
import tessera.workload.Instance;
import tessera.workload.Workload;
import tessera.workload.timed.Sampling;

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

  /**
   * Whether its candidates are those that should serve all instances best, with nothing learned.
   */
  public boolean covers(EffortRow effort) {
    return effort.covers() && this != RANDOM;
  }

  /** The instances of one search for all shapes. */
  public List<Instance> instances(Workload workload, EffortRow effort, Sampling sampling) {
    List<Instance> sample =
        covers(effort)
            ? sampling
                .around(workload, workload.sampledTowardsShort(effort.covered()), effort.covered())
                .instances()
            : sampling.of(workload, workload.samples());
    return sampling.searched(sample);
  }

  @JsonValue
  public String key() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
