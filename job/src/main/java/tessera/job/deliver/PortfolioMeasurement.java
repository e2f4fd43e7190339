package tessera.job.deliver;

import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import tessera.dispatch.LaunchPlan;
import tessera.job.predict.Extrapolation;
import tessera.microkernel.MicroKernel;
import tessera.operator.GemmShape;

/**
 * A portfolio's times for the dispatcher: each micro-kernel's on those shapes where it may be
 * chosen, since most of a portfolio is far behind on most shapes.
 *
 * @param portfolio indices of the micro-kernels, of those that work there
 * @param seconds of [kernel][shape]; NaN where one was not timed
 * @param filled the same, with what was expected where one was not timed
 */
record PortfolioMeasurement(List<Integer> portfolio, double[][] seconds, double[][] filled) {
  /**
   * @param prices fitted to the micro-kernels of the shortlist
   * @param portfolio indices of some of them
   * @param contenderThreshold times the least price of a shape, up to which a micro-kernel is timed
   *     there
   * @param until when the last timing may begin; what was not timed by then has its price
   * @return empty where all of the portfolio fail
   */
  static Optional<PortfolioMeasurement> of(
      Extrapolation prices,
      List<MicroKernel> shortlist,
      List<Integer> portfolio,
      List<GemmShape> shapes,
      DeliveryTimer times,
      double contenderThreshold,
      Instant until) {
    double[][] expected =
        prices.seconds(portfolio.stream().map(LaunchPlan::single).toList(), shapes);
    double[][] seconds =
        times.of(
            portfolio.stream().map(shortlist::get).toList(),
            shapes,
            contenders(expected, contenderThreshold),
            until);
    List<Integer> sound =
        portfolio.stream().filter(kernel -> !times.hasFailed(shortlist.get(kernel))).toList();
    if (sound.isEmpty()) {
      return Optional.empty();
    }
    return sound.size() == portfolio.size()
        ? Optional.of(
            new PortfolioMeasurement(portfolio, seconds, Extrapolation.filled(seconds, expected)))
        : of(prices, shortlist, sound, shapes, times, contenderThreshold, until);
  }

  /** The kernels whose prices are near the least of a shape, and each where it is nearest. */
  static DeliveryTimer.Pairs contenders(double[][] prices, double contenderThreshold) {
    double[][] behind = behind(prices);
    double[] nearest =
        Arrays.stream(behind).mapToDouble(row -> Arrays.stream(row).min().orElseThrow()).toArray();
    return (kernel, i) -> behind[kernel][i] <= Math.max(contenderThreshold, nearest[kernel]);
  }

  /** Times the least price of a shape. */
  private static double[][] behind(double[][] prices) {
    double[] least = Extrapolation.fastest(prices);
    return Arrays.stream(prices)
        .map(row -> IntStream.range(0, row.length).mapToDouble(i -> row[i] / least[i]).toArray())
        .toArray(double[][]::new);
  }
}
