package tessera.analysis.figures;

import java.util.List;

/**
 * What the hardware allows and what the dispatched plans reach.
 *
 * @param peakGflops roughly the speed that the hardware reaches on this workload
 * @param memoryBytesPerSecond the memory's bandwidth, on paper
 */
public record Roofline(double peakGflops, Known<Double> memoryBytesPerSecond, List<Point> points) {
  /**
   * A shape.
   *
   * @param flops multiplications and additions
   * @param bytes of the operator's operands, each counted once
   * @param gflops of the dispatched plan
   * @param paddingEfficiency useful over computed multiply-adds, in (0, 1]
   * @param waveEfficiency mean over greatest work of the parallel parts, in (0, 1]
   */
  public record Point(
      List<Long> shape,
      double flops,
      double bytes,
      int plan,
      double gflops,
      Known<Double> vendorGflops,
      Known<Double> paddingEfficiency,
      Known<Double> waveEfficiency) {
    /** Operations for each byte. */
    public double intensity() {
      return flops / bytes;
    }
  }
}
