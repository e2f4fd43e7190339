package tessera.operator;

import tessera.UserError;

/**
 * What an operator computes with. Sums are float32, whatever goes in and comes out.
 *
 * @param input of both operands
 * @param output of the result, and of the bias that is added to it
 * @param precision other than float32 for float32 operands alone
 * @throws UserError for combinations that no instruction computes
 */
public record Numerics(DataType input, DataType output, Precision precision) {
  /** Nothing but float32. */
  public static final Numerics FLOAT32 =
      new Numerics(DataType.FLOAT32, DataType.FLOAT32, Precision.FLOAT32);

  /** Bytes that are read and written in one access where alignment allows. */
  private static final int ACCESS = 16;

  public Numerics {
    if (input != DataType.FLOAT32 && precision != Precision.FLOAT32) {
      throw new UserError(
          "precision '"
              + precision.key()
              + "' is for dtype float32, not "
              + input.key()
              + "; leave it out");
    }
    if (input == DataType.FLOAT32 && precision != Precision.TF32 && output != DataType.FLOAT32) {
      throw new UserError(
          "output '"
              + output.key()
              + "' needs a dtype of 16 bits, or precision tf32: results of float32 products stay float32");
    }
  }

  /** A number of elements that fills whole accesses of 16 bytes in every operand. */
  public int alignment() {
    return ACCESS / Math.min(input.bytes(), output.bytes());
  }

  /** Whether a GPU multiplies on its tensor cores. */
  public boolean usesTensorCores() {
    return !equals(FLOAT32);
  }

  /** Whether the rows of both operands keep to the alignment that the first ones have. */
  public boolean keepsAlignment(Problem problem) {
    GemmShape shape = problem.gemm();
    return shape.k() % alignment() == 0
        && (problem.operator().secondIsNk() || shape.n() % alignment() == 0);
  }

  /** How far a right result may be from the exact one. */
  public Tolerance tolerance() {
    return Tolerance.of(this);
  }

  /** For people: float16, float16 to float32, or float32 as tf32. */
  public String words() {
    return input.key()
        + (precision == Precision.FLOAT32 ? "" : " as " + precision.key())
        + (output == input ? "" : " to " + output.key());
  }

  /** For labels: f32, f16, bf16, tf32 or f32e, and the output's where it differs. */
  public String label() {
    String own =
        switch (precision) {
          case FLOAT32 -> label(input);
          case TF32 -> "tf32";
          case FLOAT32_EMULATED -> "f32e";
        };
    return output == input ? own : own + "_" + label(output);
  }

  private static String label(DataType type) {
    return switch (type) {
      case FLOAT32 -> "f32";
      case FLOAT16 -> "f16";
      case BFLOAT16 -> "bf16";
    };
  }
}
