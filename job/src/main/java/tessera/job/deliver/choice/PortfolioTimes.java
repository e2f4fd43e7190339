package tessera.job.deliver.choice;

import java.util.List;
import java.util.Optional;
import tessera.dispatch.LaunchPlan;
import tessera.job.deliver.timing.DeliveryTimer;
import tessera.job.predict.Extrapolation;
import tessera.measure.Deadline;
import tessera.microkernel.MicroKernel;
import tessera.operator.Problem;

/**
 * A portfolio's times for the dispatcher: each micro-kernel's on those problems where it may be
 * chosen, since most of a portfolio is far behind on most shapes.
 *
 * @param portfolio indices of its micro-kernels in the shortlist, without those that failed
 * @param seconds of [kernel][shape]; NaN where one was not timed
 * @param filled the same, with what was expected where one was not timed
 */
record PortfolioTimes(List<Integer> portfolio, double[][] seconds, double[][] filled) {
  /**
   * @param prices fitted to the micro-kernels of the shortlist
   * @param portfolio indices of some of them
   * @param contenderThreshold times the least price of a shape, up to which a micro-kernel is timed
   *     there
   * @param until when the last timing may begin; what was not timed by then has its price
   * @return empty where all of the portfolio fail
   */
  static Optional<PortfolioTimes> of(
      Extrapolation prices,
      List<MicroKernel> shortlist,
      List<Integer> portfolio,
      List<Problem> problems,
      DeliveryTimer times,
      double contenderThreshold,
      Deadline until) {
    double[][] expected =
        prices.seconds(
            portfolio.stream().map(LaunchPlan::single).toList(),
            problems.stream().map(Problem::gemm).toList());
    double[][] seconds =
        times.of(
            portfolio.stream().map(shortlist::get).toList(),
            problems,
            DeliveryTimer.Mask.contenders(expected, contenderThreshold),
            until);
    List<Integer> sound =
        portfolio.stream().filter(kernel -> !times.hasFailed(shortlist.get(kernel))).toList();
    if (sound.isEmpty()) {
      return Optional.empty();
    }
    return sound.size() == portfolio.size()
        ? Optional.of(
            new PortfolioTimes(portfolio, seconds, Extrapolation.filled(seconds, expected)))
        : of(prices, shortlist, sound, problems, times, contenderThreshold, until);
  }
}
