package tessera.backend.cuda.driver;

import tessera.operator.DataType;

/** Element types as {@code elements.cuh} numbers them. */
public final class DeviceType {
  private DeviceType() {}

  public static int code(DataType type) {
    return switch (type) {
      case FLOAT32 -> 0;
      case FLOAT16 -> 1;
      case BFLOAT16 -> 2;
    };
  }
}
