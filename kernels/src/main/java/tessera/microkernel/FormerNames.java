package tessera.microkernel;

import java.util.Map;
import java.util.TreeMap;

/** The names of parameters in trial logs and bundles of older versions, read as today's. */
public final class FormerNames {
  /** Trial logs up to version 5 and bundles up to version 3 call stream-K {@code even}. */
  private static final Map<String, String> PARAMETERS = Map.of("even", "streamK");

  private FormerNames() {}

  /** A micro-kernel's parameters by today's names. */
  public static Map<String, Integer> current(Map<String, Integer> parameters) {
    Map<String, Integer> current = new TreeMap<>();
    parameters.forEach((name, value) -> current.put(PARAMETERS.getOrDefault(name, name), value));
    return current;
  }
}
