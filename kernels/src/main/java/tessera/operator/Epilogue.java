package tessera.operator;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import tessera.UserError;

/**
 * What is done to an output element before it is stored: a bias may be added, then a function is
 * applied. A new one is a constant here, and its function for kernels in {@code kernel.h} and
 * {@code epilogue.cuh}.
 */
public enum Epilogue {
  NONE("none", false, Activation.IDENTITY),
  BIAS("bias", true, Activation.IDENTITY),
  BIAS_RELU("bias+relu", true, Activation.RELU),
  /** The exact gelu, by the error function. */
  BIAS_GELU("bias+gelu", true, Activation.GELU);

  /** A function of one value. */
  private enum Activation {
    IDENTITY("identity", "x", 1, 0) {
      @Override
      double of(double x) {
        return x;
      }
    },
    RELU("relu", "x < 0 ? 0 : x", 1, 0) {
      @Override
      double of(double x) {
        return Math.max(0, x);
      }
    },
    GELU("gelu", "0.5 * x * erfc(-x * 0.70710678118654752440)", 1.13, 4e-7) {
      @Override
      double of(double x) {
        return 0.5 * x * (1 + erf(x / Math.sqrt(2)));
      }
    };

    private final String key;
    private final String reference;
    private final double steepest;
    private final double error;

    /**
     * @param key kernels call {@code tessera_} and this name, in float32
     * @param reference the value in float64, in C and CUDA
     * @param steepest the steepest slope: by how much a distance is stretched at most
     * @param error the error in float32, absolute and relative to the value
     */
    Activation(String key, String reference, double steepest, double error) {
      this.key = key;
      this.reference = reference;
      this.steepest = steepest;
      this.error = error;
    }

    /** The value in float64. */
    abstract double of(double x);
  }

  private final String key;
  private final boolean bias;
  private final Activation activation;

  Epilogue(String key, boolean bias, Activation activation) {
    this.key = key;
    this.bias = bias;
    this.activation = activation;
  }

  /** The name in workload files. */
  public String key() {
    return key;
  }

  /** What it takes beside the sums: for a bias one value for each of the output's columns. */
  public List<Operand> operands(Operator operator) {
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
    return activation.of(sum);
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

  /** The activation's steepest slope: by how much it stretches a distance at most. */
  double steepest() {
    return activation.steepest;
  }

  /** The activation's error in float32, absolute and relative to its value. */
  double error() {
    return activation.error;
  }

  /** The function of kernel templates that computes the activation in float32. */
  public String function() {
    return "tessera_" + activation.key;
  }

  /** The activation's number in {@link #reference}. */
  public int activation() {
    return activation.ordinal();
  }

  /** The macro by which references in C and CUDA apply an activation, given by its number. */
  public static Map<String, String> reference() {
    StringBuilder text = new StringBuilder("(");
    for (Activation one : EnumSet.complementOf(EnumSet.of(Activation.IDENTITY))) {
      text.append("(activation) == ").append(one.ordinal());
      text.append(" ? (").append(one.reference).append(") : ");
    }
    text.append("(").append(Activation.IDENTITY.reference).append("))");
    return Map.of("TESSERA_ACTIVATED(x, activation)", text.toString());
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
