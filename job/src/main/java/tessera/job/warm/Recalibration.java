package tessera.job.warm;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tessera.measure.Timing;

/**
 * How much longer micro-kernels take now than former runs measured, by family: a factor, and where
 * it is earned an exponent of the elements that are moved for each multiply-add, since another
 * machine's memory may differ by another factor than its arithmetic. It is fitted to the logarithms
 * of times by medians (the exponent by that of Theil and Sen), so that one timing that was
 * disturbed moves nothing.
 */
public final class Recalibration {
  /** Anchors below which a family takes the factor of all families together. */
  private static final int LEAST_ANCHORS = 3;

  /** Timings below which no exponent is fitted. */
  private static final int LEAST_FOR_EXPONENT = 8;

  /** Share of the mean deviation from the factor that an exponent must remove. */
  private static final double EARNED = 0.2;

  /** Mean deviation from the factor below which there is nothing for an exponent to remove. */
  private static final double LEAST_DEVIATION = 1e-3;

  /** Nothing was measured both then and now. */
  static final Recalibration NONE = new Recalibration(List.of());

  /**
   * A timing of a micro-kernel that was measured then and now.
   *
   * @param logRatio logarithm of the elements moved for each multiply-add
   * @param difference logarithm of its time now over that which the former measurement tells
   */
  record Anchor(String family, double logRatio, double difference) {}

  /**
   * A fit.
   *
   * @param deviation mean distance from it, as the logarithm of a factor
   */
  private record Shift(double difference, double exponent, double centre, double deviation) {
    static final Shift NONE = new Shift(0, 0, 0, 0);

    double at(double logRatio) {
      return difference + exponent * (logRatio - centre);
    }
  }

  private final Shift all;
  private final Map<String, Shift> families = new TreeMap<>();
  private final int anchors;

  private Recalibration(List<Anchor> anchors) {
    this.anchors = anchors.size();
    this.all = anchors.isEmpty() ? Shift.NONE : fit(anchors);
    anchors.stream()
        .collect(Collectors.groupingBy(Anchor::family))
        .forEach(
            (family, own) -> families.put(family, own.size() < LEAST_ANCHORS ? all : fit(own)));
  }

  static Recalibration of(List<Anchor> anchors) {
    return anchors.isEmpty() ? NONE : new Recalibration(anchors);
  }

  private static Shift fit(List<Anchor> anchors) {
    Shift factor = fit(anchors, 0);
    if (anchors.size() < LEAST_FOR_EXPONENT || factor.deviation() < LEAST_DEVIATION) {
      return factor;
    }
    Shift both = fit(anchors, exponent(anchors));
    return both.deviation() < (1 - EARNED) * factor.deviation() ? both : factor;
  }

  private static Shift fit(List<Anchor> anchors, double exponent) {
    double centre = median(anchors.stream().mapToDouble(Anchor::logRatio).toArray());
    double difference =
        median(
            anchors.stream()
                .mapToDouble(one -> one.difference() - exponent * (one.logRatio() - centre))
                .toArray());
    Shift shift = new Shift(difference, exponent, centre, 0);
    double deviation =
        anchors.stream()
            .mapToDouble(one -> Math.abs(one.difference() - shift.at(one.logRatio())))
            .average()
            .orElse(0);
    return new Shift(difference, exponent, centre, deviation);
  }

  /** The median slope between two timings whose ratios differ. */
  private static double exponent(List<Anchor> anchors) {
    double[] slopes =
        anchors.stream()
            .flatMapToDouble(
                one ->
                    anchors.stream()
                        .filter(other -> other.logRatio() > one.logRatio() + 0.1)
                        .mapToDouble(
                            other ->
                                (other.difference() - one.difference())
                                    / (other.logRatio() - one.logRatio())))
            .toArray();
    return slopes.length == 0 ? 0 : median(slopes);
  }

  private static double median(double[] values) {
    return Timing.median(Arrays.copyOf(values, values.length));
  }

  /** Timings that it is fitted to. */
  public int anchors() {
    return anchors;
  }

  /** The logarithm of the factor by which a multiply-add of a family takes longer now. */
  double at(String family, double ratio) {
    return families.getOrDefault(family, all).at(Math.log(ratio));
  }

  /** Whether an exponent was earned. */
  boolean dependsOnRatio(String family) {
    return families.getOrDefault(family, all).exponent() != 0;
  }

  /** The factor of each family that was measured then and now, at its median ratio. */
  public Map<String, Double> factors() {
    Map<String, Double> factors = new TreeMap<>();
    families.forEach((family, shift) -> factors.put(family, Math.exp(shift.difference())));
    return factors;
  }

  /** Share by which former measurements miss those of now, in the mean, when they are corrected. */
  public double deviation() {
    return all.deviation();
  }
}
