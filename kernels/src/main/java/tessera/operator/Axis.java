package tessera.operator;

/** An axis of a matrix multiplication, in the order in which shapes are written. */
public enum Axis {
  BATCH("b"),
  M("m"),
  N("n"),
  K("k");

  private final String key;

  Axis(String key) {
    this.key = key;
  }

  /** The axis's name in workload files. */
  public String key() {
    return key;
  }
}
