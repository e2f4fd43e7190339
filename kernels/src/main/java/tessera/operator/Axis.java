package tessera.operator;

/**
 * An axis of the matrix multiplication that an operator is to its kernels, in the order in which
 * shapes are written. {@link Operator#axes(Axis)} names the operator's own axes that make it up.
 */
public enum Axis {
  BATCH("b"),
  M("m"),
  N("n"),
  K("k");

  private final String key;

  Axis(String key) {
    this.key = key;
  }

  /** The axis's letter; operators that are plain matrix multiplications use it as their own. */
  public String key() {
    return key;
  }
}
