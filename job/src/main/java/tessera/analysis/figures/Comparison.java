package tessera.analysis.figures;

import java.util.List;
import java.util.Map;

/**
 * Two recordings of one workload, shape by shape. A ratio is A's time over B's: above 1, B is the
 * faster.
 *
 * @param weighted A's weighted time over B's
 * @param worst the least ratio
 * @param band the share within which a mean tells no difference
 * @param bandSource where it comes from, in words
 * @param verdict on B: it is slower where one of the two means says so
 */
public record Comparison(
    Side a,
    Side b,
    List<String> variables,
    List<Shape> shapes,
    Known<Double> weighted,
    double geometricMean,
    double worst,
    List<Long> worstShape,
    double band,
    String bandSource,
    Verdict verdict) {
  /** How B compares with A. */
  public enum Verdict {
    FASTER,
    /** Within the band. */
    SAME,
    SLOWER;

    /**
     * @param ratio A's time over B's
     */
    public static Verdict of(double ratio, double band) {
      if (ratio > 1 + band) {
        return FASTER;
      }
      return ratio < 1 / (1 + band) ? SLOWER : SAME;
    }
  }

  /**
   * One of the two.
   *
   * @param folder of its bundle
   * @param threads of a call
   */
  public record Side(
      String name,
      String folder,
      String workload,
      String created,
      String model,
      String hardware,
      int threads,
      Map<String, String> versions) {}

  /**
   * A shape that both were timed on.
   *
   * @param weight its share of the work of these shapes, of 1
   * @param vendorRatioA A's vendor's time over A's
   * @param vendorRatioB B's vendor's time over B's
   */
  public record Shape(
      List<Long> shape,
      Known<Double> weight,
      double secondsA,
      double secondsB,
      double ratio,
      double band,
      Verdict verdict,
      Known<Double> vendorRatioA,
      Known<Double> vendorRatioB) {}
}
