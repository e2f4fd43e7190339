package tessera.backend.simulated;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tessera.UserError;

/**
 * What a process pretends to have. Devices are in groups, each a kind of hardware of its own, so
 * that one process can be measured with few of them and then with many.
 *
 * @param groups how many devices each group has
 * @param cores that build for a device
 * @param buildSeconds that a candidate keeps a core busy
 * @param timeSeconds that it keeps a device busy
 */
public record Simulation(List<Integer> groups, int cores, double buildSeconds, double timeSeconds) {
  private static final String PREFIX = "tessera.simulated.";
  private static final String GROUPS = PREFIX + "groups";
  private static final String CORES = PREFIX + "cores";
  private static final String BUILD = PREFIX + "buildSeconds";
  private static final String TIME = PREFIX + "timeSeconds";

  public Simulation {
    groups = List.copyOf(groups);
    demand(
        !groups.isEmpty() && groups.stream().allMatch(devices -> devices >= 1),
        "--devices must be numbers of at least 1, not " + groups);
    demand(cores >= 1, "--cores must be at least 1, not " + cores);
    demand(buildSeconds >= 0, "--build must be at least 0 s, not " + buildSeconds + " s");
    demand(timeSeconds > 0, "--time must be more than 0 s, not " + timeSeconds + " s");
  }

  private static void demand(boolean condition, String mistake) {
    if (!condition) {
      throw new UserError(mistake);
    }
  }

  /** The system properties that make a process pretend so. */
  public Map<String, String> properties() {
    Map<String, String> properties = new TreeMap<>();
    properties.put(GROUPS, groups.stream().map(Object::toString).collect(Collectors.joining(",")));
    properties.put(CORES, Integer.toString(cores));
    properties.put(BUILD, Double.toString(buildSeconds));
    properties.put(TIME, Double.toString(timeSeconds));
    return properties;
  }

  /** That of this process; empty where it pretends nothing. */
  static Optional<Simulation> here() {
    return Optional.ofNullable(System.getProperty(GROUPS))
        .map(
            groups ->
                new Simulation(
                    Arrays.stream(groups.split(",")).map(Integer::valueOf).toList(),
                    Integer.getInteger(CORES),
                    Double.parseDouble(System.getProperty(BUILD)),
                    Double.parseDouble(System.getProperty(TIME))));
  }
}
