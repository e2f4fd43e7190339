package tessera.analysis.read;

import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import tessera.analysis.figures.Known;

/** Means of ratios of times. */
public final class Ratios {
  private Ratios() {}

  /**
   * @param of at least one
   */
  public static <T> double geometricMean(List<T> of, ToDoubleFunction<T> ratio) {
    return Math.exp(
        of.stream().mapToDouble(one -> Math.log(ratio.applyAsDouble(one))).average().orElseThrow());
  }

  /** The weighted mean of the times above over that of the times below. */
  static <T> Known<Double> weighted(
      List<T> of,
      Function<T, Known<Double>> weight,
      ToDoubleFunction<T> above,
      ToDoubleFunction<T> below) {
    double over = 0;
    double under = 0;
    for (T one : of) {
      Known<Double> share = weight.apply(one);
      if (!share.isKnown()) {
        return share;
      }
      over += share.get() * above.applyAsDouble(one);
      under += share.get() * below.applyAsDouble(one);
    }
    return Known.of(over / under);
  }
}
