package tessera.microkernel;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * A program for one output tile, named by its family and the numbers that fill the family's sketch.
 * It says nothing of any input's shape.
 */
public record MicroKernel(String family, Map<String, Integer> parameters) {
  private static final int MIX = 0x9E3779B1;

  public MicroKernel {
    parameters = Collections.unmodifiableMap(new TreeMap<>(parameters));
  }

  /** A parameter's value. */
  public int get(String name) {
    Integer value = parameters.get(name);
    if (value == null) {
      throw new IllegalArgumentException(
          family + " has no parameter '" + name + "', only " + parameters.keySet());
    }
    return value;
  }

  public MicroKernel with(String name, int value) {
    Map<String, Integer> changed = new TreeMap<>(parameters);
    changed.put(name, value);
    return new MicroKernel(family, changed);
  }

  /* Numbers as small as parameters collide by the hundred in the sum that is a map's hash code. */
  @Override
  public int hashCode() {
    int hash = family.hashCode();
    for (Map.Entry<String, Integer> parameter : parameters.entrySet()) {
      hash = MIX * (MIX * hash + parameter.getKey().hashCode()) + parameter.getValue();
    }
    return hash ^ hash >>> 15;
  }

  /** A stable key: equal for equal micro-kernels, ordered the same on every machine. */
  public String key() {
    return family + parameters;
  }
}
