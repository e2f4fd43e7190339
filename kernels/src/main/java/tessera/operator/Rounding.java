package tessera.operator;

/** Whole units that hold an extent. */
public final class Rounding {
  private Rounding() {}

  /** How many units hold a number of elements. */
  public static long divideUp(long elements, long unit) {
    return (elements + unit - 1) / unit;
  }

  /** The elements of the units that hold a number of them. */
  public static long roundUp(long elements, int unit) {
    return divideUp(elements, unit) * unit;
  }

  /** The elements of the units that hold a number of them, which need not be whole. */
  public static double roundUp(double elements, int unit) {
    return Math.ceil(elements / unit) * unit;
  }
}
