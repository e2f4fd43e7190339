package tessera.backend.cuda;

import tessera.workload.DataType;

/** Element types as {@code elements.cuh} numbers them. */
final class DeviceType {
  private DeviceType() {}

  static int code(DataType type) {
    return switch (type) {
      case FLOAT32 -> 0;
      case FLOAT16 -> 1;
      case BFLOAT16 -> 2;
    };
  }
}
