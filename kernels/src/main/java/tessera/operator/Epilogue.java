package tessera.operator;

import java.util.Arrays;
import java.util.stream.Collectors;
import tessera.UserError;

/** What is done to an output element before it is stored. */
public enum Epilogue {
  NONE("none", false, 0),
  BIAS("bias", true, 0),
  BIAS_RELU("bias+relu", true, 1),
  /** The exact gelu, by the error function. */
  BIAS_GELU("bias+gelu", true, 2);

  private final String key;
  private final boolean bias;
  private final int activation;

  Epilogue(String key, boolean bias, int activation) {
    this.key = key;
    this.bias = bias;
    this.activation = activation;
  }

  /** The name in workload files. */
  public String key() {
    return key;
  }

  /** Whether a vector of n values is added. */
  public boolean bias() {
    return bias;
  }

  /** The activation's number in kernel templates: 0 none, 1 relu, 2 gelu. */
  public int activation() {
    return activation;
  }

  public static Epilogue of(String key) {
    return Arrays.stream(values())
        .filter(epilogue -> epilogue.key.equals(key))
        .findFirst()
        .orElseThrow(
            () ->
                new UserError(
                    "epilogue "
                        + UserError.quoted(key)
                        + " is unknown; it is one of "
                        + Arrays.stream(values())
                            .map(Epilogue::key)
                            .collect(Collectors.joining(", "))));
  }
}
