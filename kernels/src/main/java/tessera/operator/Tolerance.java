package tessera.operator;

import java.util.Locale;

/**
 * How far an element may be from the float64 result of the same operands. With the sum of the
 * terms' magnitudes, k terms and the result:
 *
 * <pre>
 *   (2^-23 (4 + sqrt(k) + perTerm k) + ofInputs) magnitude + ofOutput |result| + least
 * </pre>
 *
 * <p>This is the only place that says so: C, CUDA and Java check by a {@link Bound}, Python by
 * {@link #text}.
 *
 * <p>Rounding errors of a sum in float32 grow like sqrt(k) (Higham, "Accuracy and Stability of
 * Numerical Algorithms", section 4.2). Tensor cores cut what they add, which has no mean of zero:
 * these errors grow with the number of additions, one for 8 or 16 terms.
 *
 * @param perTerm of a sum that is cut
 * @param ofInputs both operands' rounding
 * @param ofOutput the result's rounding
 * @param least where results are denormal
 */
public record Tolerance(double perTerm, double ofInputs, double ofOutput, double least) {
  private static final double UNIT = 0x1p-23;
  private static final double FEW_TERMS = 4;

  private static final double CUT_PER_TERM = 1.0 / 8;
  private static final double LEAST_FLOAT32 = 1e-30;
  private static final double LEAST_FLOAT16 = 0x1p-25;

  static Tolerance of(Numerics numerics) {
    return new Tolerance(
        isCut(numerics) ? CUT_PER_TERM : 0,
        2 * numerics.precision().rounding(),
        numerics.output().rounding(),
        numerics.output() == DataType.FLOAT16 ? LEAST_FLOAT16 : LEAST_FLOAT32);
  }

  /** Emulated float32 adds what tensor cores have summed of a few terms, which bounds the cut. */
  private static boolean isCut(Numerics numerics) {
    return numerics.input() != DataType.FLOAT32 || numerics.precision() == Precision.TF32;
  }

  /**
   * What is allowed of one shape's elements.
   *
   * @param ofTerms times the sum of the terms' magnitudes
   * @param ofResult times the result's magnitude
   * @param least always
   */
  public record Bound(double ofTerms, double ofResult, double least) {
    public double allowed(double magnitude, double result) {
      return ofTerms * magnitude + ofResult * Math.abs(result) + least;
    }

    /** As {@code tessera_bound} of {@code allowed.h} has them. */
    public double[] toArray() {
      return new double[] {ofTerms, ofResult, least};
    }
  }

  /** What is allowed after a sum of k terms and an epilogue. */
  public Bound bound(long k, Epilogue epilogue) {
    double ofTerms = UNIT * (FEW_TERMS + Math.sqrt(k) + perTerm * k) + ofInputs;
    return new Bound(
        epilogue.steepest() * ofTerms, ofOutput + epilogue.error(), least + epilogue.error());
  }

  /** In words, for manifests; {@code scripts/tolerance.py} reads it. */
  public String text() {
    return String.format(
        Locale.ROOT,
        "1.2e-7 * (4 + sqrt(k)%s) * sum of |terms|%s%s",
        perTerm > 0 ? " + k / " + Math.round(1 / perTerm) : "",
        ofInputs > 0 ? String.format(Locale.ROOT, " + %.2g * sum of |terms|", ofInputs) : "",
        ofOutput > 0 ? String.format(Locale.ROOT, " + %.2g * |result|", ofOutput) : "");
  }
}
