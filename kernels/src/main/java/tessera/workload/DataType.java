package tessera.workload;

/** The element types that can be tuned. */
public enum DataType {
  FLOAT32("float32", 4);

  private final String key;
  private final int bytes;

  DataType(String key, int bytes) {
    this.key = key;
    this.bytes = bytes;
  }

  /** The name in workload files. */
  public String key() {
    return key;
  }

  public int bytes() {
    return bytes;
  }

  public static DataType of(String key) {
    for (DataType type : values()) {
      if (type.key.equals(key)) {
        return type;
      }
    }
    throw new UserError("dtype '" + key + "' is not supported on this target; use float32");
  }
}
