package tessera.analysis.drift;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongBinaryOperator;
import tessera.analysis.figures.Drift;
import tessera.workload.trace.Trace;

/** Which calls lie outside the range of each shape variable that a bundle was tuned for. */
final class Outside {
  /** Of the normal distribution, for an interval that holds 95 of 100. */
  private static final double SIGMAS = 1.96;

  private final List<Drift.Range> ranges;

  private Outside(List<Drift.Range> ranges) {
    this.ranges = ranges;
  }

  static Outside of(Map<List<Long>, Double> tuned, Trace trace) {
    List<Drift.Range> ranges = new ArrayList<>();
    for (int v = 0; v < trace.variables().size(); v++) {
      ranges.add(
          new Drift.Range(
              trace.variables().get(v),
              end(tuned, v, Math::min),
              end(tuned, v, Math::max),
              trace.least(v),
              trace.most(v)));
    }
    return new Outside(List.copyOf(ranges));
  }

  private static long end(
      Map<List<Long>, Double> shapes, int variable, LongBinaryOperator further) {
    return shapes.keySet().stream()
        .mapToLong(shape -> shape.get(variable))
        .reduce(further)
        .orElseThrow();
  }

  List<Drift.Range> ranges() {
    return ranges;
  }

  boolean holds(List<Long> shape) {
    for (int v = 0; v < ranges.size(); v++) {
      long value = shape.get(v);
      if (value < ranges.get(v).tunedFrom() || value > ranges.get(v).tunedTo()) {
        return true;
      }
    }
    return false;
  }

  /**
   * The share of the calls, by Wilson's interval ("Probable Inference, the Law of Succession, and
   * Statistical Inference", 1927), which holds for few calls too.
   */
  Drift.Estimate calls(Trace trace) {
    double calls = trace.calls();
    double outside =
        trace.counts().entrySet().stream()
            .filter(shape -> holds(shape.getKey()))
            .mapToDouble(Map.Entry::getValue)
            .sum();
    double share = outside / calls;
    double square = SIGMAS * SIGMAS / calls;
    double centre = (share + square / 2) / (1 + square);
    double half =
        SIGMAS * Math.sqrt(share * (1 - share) / calls + square / calls / 4) / (1 + square);
    return new Drift.Estimate(
        share,
        outside == 0 ? 0 : Math.max(0, centre - half),
        outside == calls ? 1 : Math.min(1, centre + half));
  }
}
