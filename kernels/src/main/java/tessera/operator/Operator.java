package tessera.operator;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import tessera.UserError;

/** The operators that can be tuned. */
public enum Operator {
  /** {@code y[m, n] = sum over k of x[m, k] * w[n, k]}. */
  DENSE("dense", true),
  /** {@code y[b, m, n] = sum over k of x[b, m, k] * w[b, n, k]}. */
  BATCH_MATMUL_NT("batch_matmul_nt", true),
  /** {@code y[b, m, n] = sum over k of x[b, m, k] * w[b, k, n]}. */
  BATCH_MATMUL_NN("batch_matmul_nn", false);

  private final String key;
  private final boolean secondIsNk;

  Operator(String key, boolean secondIsNk) {
    this.key = key;
    this.secondIsNk = secondIsNk;
  }

  /** The name in workload files. */
  public String key() {
    return key;
  }

  /** Whether the second operand is stored as [n, k] rather than [k, n]. */
  public boolean secondIsNk() {
    return secondIsNk;
  }

  /** The axes that a workload must give extents for. */
  public List<Axis> axes() {
    return this == DENSE ? List.of(Axis.M, Axis.N, Axis.K) : List.of(Axis.values());
  }

  public static Operator of(String key) {
    return Arrays.stream(values())
        .filter(operator -> operator.key.equals(key))
        .findFirst()
        .orElseThrow(
            () ->
                new UserError(
                    "operator " + UserError.quoted(key) + " is unknown; it is one of " + keys()));
  }

  private static String keys() {
    return Arrays.stream(values()).map(Operator::key).collect(Collectors.joining(", "));
  }
}
