package tessera.operator;

/**
 * The extents of one (batched) matrix multiplication, all positive: what a {@link Problem} comes
 * down to for kernels.
 */
public record GemmShape(long batch, long m, long n, long k) {
  public GemmShape {
    if (batch < 1 || m < 1 || n < 1 || k < 1) {
      throw new IllegalArgumentException(
          "extents must be positive, not batch=" + batch + " m=" + m + " n=" + n + " k=" + k);
    }
  }

  /** Multiplications and additions, two for each term. */
  public double flops() {
    return 2.0 * batch * m * n * k;
  }

  /** The extent of one of its axes. */
  long along(Axis axis) {
    return switch (axis) {
      case BATCH -> batch;
      case M -> m;
      case N -> n;
      case K -> k;
    };
  }

  public long[] toArray() {
    return new long[] {batch, m, n, k};
  }

  @Override
  public String toString() {
    return (batch > 1 ? batch + "x" : "") + m + "x" + n + "x" + k;
  }
}
