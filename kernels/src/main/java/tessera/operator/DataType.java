package tessera.operator;

import java.util.Arrays;
import tessera.UserError;

/** The element types of operands and outputs. */
public enum DataType {
  FLOAT32("float32", 4, 0),
  /** IEEE half precision: 11 significant bits, up to 65504. */
  FLOAT16("float16", 2, 0x1p-11),
  /** The upper half of a float32: 8 significant bits. */
  BFLOAT16("bfloat16", 2, 0x1p-8);

  private final String key;
  private final int bytes;
  private final double rounding;

  DataType(String key, int bytes, double rounding) {
    this.key = key;
    this.bytes = bytes;
    this.rounding = rounding;
  }

  /** The name in workload files. */
  public String key() {
    return key;
  }

  public int bytes() {
    return bytes;
  }

  /** The relative error of rounding a float32 to this type. */
  double rounding() {
    return rounding;
  }

  public static DataType of(String key) {
    for (DataType type : values()) {
      if (type.key.equals(key)) {
        return type;
      }
    }
    throw new UserError(
        "dtype "
            + UserError.quoted(key)
            + " is not supported; use one of "
            + Arrays.stream(values()).map(DataType::key).toList());
  }
}
