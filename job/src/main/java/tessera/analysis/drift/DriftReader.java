package tessera.analysis.drift;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tessera.UserError;
import tessera.analysis.figures.Drift;
import tessera.analysis.figures.Known;
import tessera.analysis.read.Log;
import tessera.analysis.read.Source;
import tessera.job.predict.PlanTimes;
import tessera.workload.Instance;
import tessera.workload.Workload;
import tessera.workload.trace.Trace;
import tessera.workload.trace.TraceChoice;

/** Holds a trace to what a bundle was tuned for. */
public final class DriftReader {
  /** The least share of the calls that must have changed, where nobody says. */
  public static final double THRESHOLD = 0.1;

  /** Shapes of which times are predicted, each for those that are next to it. */
  private static final int MOST_PREDICTED = 256;

  private static final int MOST_SHIFTS = 5;

  /** Fewer calls say nothing: a bootstrap of them knows of no others. */
  private static final int LEAST_CALLS = 20;

  private final Source source;
  private final Source.Published bundle;
  private final Log log;
  private final Workload workload;

  private DriftReader(Source source, Log log, Source.Published bundle) {
    this.source = source;
    this.log = log;
    this.bundle = bundle;
    this.workload = bundle.manifest().workload().anywhere();
  }

  /**
   * @param log what the run of the bundle logged
   * @param choice where the trace was read from
   * @param threshold the least share of the calls that must have changed
   * @throws UserError where there is no bundle, or the trace says nothing of it
   */
  public static Drift of(
      Source source, Log log, Trace trace, TraceChoice choice, double threshold) {
    if (!source.bundle().isKnown()) {
      throw new UserError(
          source.title()
              + " has no bundle: "
              + source.bundle().why()
              + "; go on with it by tune --resume, or give another");
    }
    return new DriftReader(source, log, source.bundle().get()).drift(trace, choice, threshold);
  }

  private Drift drift(Trace trace, TraceChoice choice, double threshold) {
    checkCalls(trace, choice);
    checkShapes(trace, choice);
    Tuned tuned = tuned();
    Map<List<Long>, Double> called = Classes.shares(trace.counts());
    Classes classes = Classes.of(tuned.shares(), called);
    double[] before = classes.sums(tuned.shares());
    double[] now = classes.sums(called);
    Distance distance = Distance.of(before, now, trace.calls());
    Outside outside = Outside.of(tuned.shares(), trace);
    Drift.Estimate outsideCalls = outside.calls(trace);
    boolean moved =
        trace.calls() >= LEAST_CALLS
            && (distance.exceeds(threshold) || outsideCalls.low() > Drift.MOST_OUTSIDE);
    List<Instance> some = sampled(called);
    return new Drift(
        trace.calls(),
        trace.counts().size(),
        tuned.words(),
        moved ? Drift.Verdict.MOVED : Drift.Verdict.SAME,
        distance.estimate(),
        distance.noise(),
        threshold,
        classes.count(),
        classes.shifts(before, now, MOST_SHIFTS),
        outside.ranges(),
        outsideCalls,
        outsideTime(some, outside, trace.calls()),
        gain(some, tuned, trace.calls()),
        TuneLine.of(source, choice));
  }

  /** Shares say nothing of how sure they are. */
  private static void checkCalls(Trace trace, TraceChoice choice) {
    if (trace.calls() < trace.counts().size()) {
      throw new UserError(
          "the counts of the trace "
              + choice.file()
              + " sum to "
              + trace.calls()
              + " over "
              + trace.counts().size()
              + " shapes, so they are no numbers of calls; name the column of those with --count");
    }
  }

  private void checkShapes(Trace trace, TraceChoice choice) {
    for (List<Long> values : trace.counts().keySet()) {
      try {
        workload.shape(new Instance(values, 1).shape());
      } catch (IllegalArgumentException | ArithmeticException e) {
        throw new UserError(
            "the trace "
                + choice.file()
                + " has the shape "
                + values
                + ", which the workload cannot have ("
                + e.getMessage()
                + "); remove it from the trace");
      }
    }
  }

  /**
   * What a bundle was tuned for.
   *
   * @param words where it is known from
   */
  private record Tuned(Map<List<Long>, Double> shares, String words) {}

  private Tuned tuned() {
    if (source.instances().isKnown()) {
      return new Tuned(
          shares(source.instances().get().instances().stream()),
          "the weights that it was tuned with");
    }
    Map<List<Long>, Double> expected =
        shares(
            bundle.manifest().expected().stream()
                .map(entry -> new Instance(entry.shape(), entry.weight())));
    return expected.isEmpty()
        ? new Tuned(
            shares(bundle.timings().instances().stream()),
            "the weights of the shapes that its dispatcher was trained on, since nothing else says")
        : new Tuned(
            expected,
            "the weights of the shapes that its manifest reports, since nothing else says");
  }

  private Map<List<Long>, Double> shares(Stream<Instance> instances) {
    Map<List<Long>, Double> weights = new HashMap<>();
    instances
        .filter(instance -> instance.weight() > 0)
        .forEach(instance -> weights.merge(instance.values(), instance.weight(), Double::sum));
    return Classes.shares(weights);
  }

  private List<Instance> sampled(Map<List<Long>, Double> shares) {
    List<Instance> instances =
        shares.entrySet().stream()
            .map(shape -> new Instance(shape.getKey(), shape.getValue()))
            .toList();
    return workload.withInstances(instances).sampled(MOST_PREDICTED);
  }

  private Known<Drift.Estimate> outsideTime(List<Instance> some, Outside outside, double calls) {
    PlanTimes times =
        new PlanTimes(bundle.manifest(), bundle.timings(), source.hardware().space(workload));
    double[] seconds = new double[some.size()];
    for (int i = 0; i < seconds.length; i++) {
      Instance instance = some.get(i);
      Optional<PlanTimes.PlanTime> time =
          times.expected(bundle.dispatch().select(instance.shape()), instance.values());
      if (time.isEmpty()) {
        return Known.not("this version of Tessera no longer has the bundle's micro-kernels");
      }
      seconds[i] = time.get().seconds();
    }
    double[] weights = some.stream().mapToDouble(Instance::weight).toArray();
    double[][] draws = new Draws().shares(weights, calls);
    double[] again = new double[draws.length];
    for (int draw = 0; draw < draws.length; draw++) {
      again[draw] = timeOutside(draws[draw], seconds, some, outside);
    }
    return Known.of(Draws.percentiles(timeOutside(weights, seconds, some, outside), again));
  }

  private static double timeOutside(
      double[] weights, double[] seconds, List<Instance> some, Outside outside) {
    double all = 0;
    double beyond = 0;
    for (int i = 0; i < weights.length; i++) {
      all += weights[i] * seconds[i];
      beyond += outside.holds(some.get(i).values()) ? weights[i] * seconds[i] : 0;
    }
    return all > 0 ? beyond / all : 0;
  }

  private Known<Drift.Estimate> gain(List<Instance> called, Tuned tuned, double calls) {
    return Rivals.of(source, log)
        .map(
            rivals ->
                new Gain(
                        rivals.times(sampled(tuned.shares())),
                        rivals.times(called),
                        rivals.doubts())
                    .estimate(calls));
  }
}
