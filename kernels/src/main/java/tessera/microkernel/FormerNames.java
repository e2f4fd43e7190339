package tessera.microkernel;

import java.util.Map;
import java.util.TreeMap;

/** Micro-kernels in trial logs and bundles of older versions, read as today's. */
public final class FormerNames {
  /** Trial logs up to version 5 and bundles up to version 3 call stream-K {@code even}. */
  private static final Map<String, String> PARAMETERS = Map.of("even", "streamK");

  /**
   * What a family did before it had a parameter: dot products on CPUs took every reduction whole
   * before 2026-11-30.
   */
  private static final Map<String, Map<String, Integer>> ADDED =
      Map.of("cpu-dot", Map.of("blockK", 1 << 20));

  private FormerNames() {}

  /**
   * A micro-kernel's parameters by today's names, with those that its family has had since.
   *
   * @param family the micro-kernel's
   */
  public static Map<String, Integer> current(String family, Map<String, Integer> parameters) {
    Map<String, Integer> current = new TreeMap<>(ADDED.getOrDefault(family, Map.of()));
    parameters.forEach((name, value) -> current.put(PARAMETERS.getOrDefault(name, name), value));
    return current;
  }
}
