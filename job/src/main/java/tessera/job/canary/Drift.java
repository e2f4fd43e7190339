package tessera.job.canary;

import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import tessera.measure.Outcome;
import tessera.runtime.Baseline;
import tessera.trial.BundleTimer;

/**
 * How far a bundle is from its baseline, in the geometric mean of the shapes.
 *
 * @param passes that looked
 * @param slowdown the bundle's time over the reference's, over the same in the baseline, less 1; of
 *     the pass that found the least
 * @param band up to which a slowdown is noise
 * @param referenceSlowdown the reference's time over that in the baseline, less 1: what the machine
 *     itself is slower by
 * @param outcome OK, or how a call ended that failed
 * @param message what of it is known, else empty
 */
public record Drift(
    Baseline baseline,
    int passes,
    double slowdown,
    double band,
    double referenceSlowdown,
    Outcome outcome,
    String message) {
  /** Half of the slowdown that must be noticed. */
  private static final double LEAST_BAND = 0.04;

  /** A wider one would hide the slowdown that must be noticed. */
  private static final double MOST_BAND = 0.06;

  /** Times the range in which the sets of the baseline lie. */
  private static final double RANGES = 3;

  /** Before a pass. */
  static Drift none(Baseline baseline) {
    return new Drift(baseline, 0, Double.POSITIVE_INFINITY, band(baseline), 0, Outcome.OK, "");
  }

  /** The same after another pass. */
  Drift with(List<Baseline.Sample> now) {
    return new Drift(
        baseline,
        passes + 1,
        Math.min(slowdown, slowdown(now)),
        band,
        referenceSlowdown(now),
        outcome,
        message);
  }

  /** A pass failed. */
  Drift failed(BundleTimer.Timed timed) {
    return new Drift(
        baseline, passes, 0, band, referenceSlowdown, timed.outcome(), timed.message());
  }

  /** Whether the bundle could be called. */
  public boolean isKnown() {
    return outcome == Outcome.OK;
  }

  /** Whether the bundle is slower than noise explains, as far as is known. */
  public boolean isBeyond() {
    return isKnown() && slowdown > band;
  }

  /** For people. */
  public String words() {
    return isKnown()
        ? String.format(
            Locale.ROOT,
            "canary %+.1f%% against its baseline, of which %.1f%% may be noise; the machine's"
                + " reference %+.1f%%",
            100 * slowdown,
            100 * band,
            100 * referenceSlowdown)
        : "canary " + outcome + ": " + message;
  }

  private static double band(Baseline baseline) {
    List<Baseline.Sample> samples = baseline.samples();
    int sets = samples.get(0).seconds().length;
    double[] means =
        IntStream.range(0, sets)
            .mapToDouble(
                set -> mean(samples.stream().mapToDouble(s -> s.ratio(set) / s.ratio()).toArray()))
            .toArray();
    double least = IntStream.range(0, sets).mapToDouble(i -> means[i]).min().orElse(1);
    double most = IntStream.range(0, sets).mapToDouble(i -> means[i]).max().orElse(1);
    return Math.max(LEAST_BAND, Math.min(MOST_BAND, RANGES * (most - least)));
  }

  private double slowdown(List<Baseline.Sample> now) {
    return mean(
            IntStream.range(0, now.size())
                .mapToDouble(i -> now.get(i).ratio() / baseline.samples().get(i).ratio())
                .toArray())
        - 1;
  }

  private double referenceSlowdown(List<Baseline.Sample> now) {
    return mean(
            IntStream.range(0, now.size())
                .mapToDouble(
                    i ->
                        least(now.get(i).reference())
                            / least(baseline.samples().get(i).reference()))
                .toArray())
        - 1;
  }

  private static double least(double[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).min().orElseThrow();
  }

  /** The geometric mean. */
  static double mean(double[] ratios) {
    double sum = 0;
    for (double ratio : ratios) {
      sum += Math.log(ratio);
    }
    return Math.exp(sum / ratios.length);
  }
}
