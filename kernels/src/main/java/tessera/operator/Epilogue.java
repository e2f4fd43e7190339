package tessera.operator;

import java.util.Arrays;
import java.util.List;
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

  /** What it takes beside the sums: for a bias one value for each of the output's columns. */
  List<Operand> operands(Operator operator) {
    return bias
        ? List.of(
            new Operand(
                "bias",
                Operand.Role.WEIGHT,
                Operand.Element.RESULT,
                operator.axes(Axis.N).stream().map(Expression::parse).toList()))
        : List.of();
  }

  /**
   * The result in float64.
   *
   * @param sum with the bias where there is one
   */
  public double activated(double sum) {
    return switch (this) {
      case NONE, BIAS -> sum;
      case BIAS_RELU -> Math.max(0, sum);
      case BIAS_GELU -> 0.5 * sum * (1 + erf(sum / Math.sqrt(2)));
    };
  }

  /**
   * The series of erf, whose terms fall fast enough for |x| below 6; beyond it erf is 1 to float64.
   */
  private static double erf(double x) {
    if (Math.abs(x) > 6) {
      return Math.signum(x);
    }
    double term = x;
    double sum = x;
    for (int n = 1; Math.abs(term) > 1e-18 * Math.abs(sum) && n < 400; n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
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
