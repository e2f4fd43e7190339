package tessera.operator;

import java.util.Arrays;
import tessera.UserError;

/** What float32 operands may become before they are multiplied. Sums are float32. */
public enum Precision {
  /** Nothing. */
  FLOAT32("float32", 0),
  /** To 11 significant bits, by tensor cores, which cut what is behind them or round. */
  TF32("tf32", 0x1p-10),
  /** Pairs of float16 for tensor cores, or nothing: errors are those of float32 products. */
  FLOAT32_EMULATED("float32-emulated", 0x1p-22);

  private final String key;
  private final double rounding;

  Precision(String key, double rounding) {
    this.key = key;
    this.rounding = rounding;
  }

  /** The name in workload files. */
  public String key() {
    return key;
  }

  /** The relative error of one operand's element. */
  double rounding() {
    return rounding;
  }

  public static Precision of(String key) {
    for (Precision precision : values()) {
      if (precision.key.equals(key)) {
        return precision;
      }
    }
    throw new UserError(
        "precision "
            + UserError.quoted(key)
            + " is not supported; use one of "
            + Arrays.stream(values()).map(Precision::key).toList());
  }
}
