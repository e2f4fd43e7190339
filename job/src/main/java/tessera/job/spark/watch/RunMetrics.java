package tessera.job.spark.watch;

import com.codahale.metrics.Gauge;
import com.codahale.metrics.MetricRegistry;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToLongFunction;
import org.apache.spark.metrics.source.Source;
import tessera.job.search.TuningLoop;
import tessera.measure.Outcome;
import tessera.trial.Trial;

/** The figures of a run among those of Spark, in whatever form Spark's metrics are read. */
final class RunMetrics implements Source {
  private final MetricRegistry registry = new MetricRegistry();
  private volatile double buildSeconds;
  private volatile double measureSeconds;
  private volatile double busyShare;
  private volatile double waitedSeconds;
  private volatile double bestSeconds = Double.NaN;
  private final Map<TuningLoop.Work, Double> spent = new ConcurrentHashMap<>();

  RunMetrics() {
    for (Outcome outcome : Outcome.values()) {
      registry.counter(name(outcome));
    }
    gauge("build.seconds", () -> buildSeconds);
    gauge("measure.seconds", () -> measureSeconds);
    gauge("device.busyShare", () -> busyShare);
    gauge("device.waited.seconds", () -> waitedSeconds);
    gauge("best.weightedSeconds", () -> bestSeconds);
    for (TuningLoop.Work work : TuningLoop.Work.values()) {
      String name = work.name().toLowerCase(Locale.ROOT);
      gauge("driver." + name + ".seconds", () -> spent.getOrDefault(work, 0.0));
    }
  }

  private void gauge(String name, Gauge<Double> value) {
    registry.register(name, value);
  }

  private static String name(Outcome outcome) {
    return "trials." + outcome.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public String sourceName() {
    return "tessera";
  }

  @Override
  public MetricRegistry metricRegistry() {
    return registry;
  }

  void measured(List<Trial> trials, double share) {
    trials.forEach(trial -> registry.counter(name(trial.outcome())).inc());
    buildSeconds += seconds(trials, Trial::buildNanos);
    measureSeconds += seconds(trials, Trial::measuringNanos);
    busyShare = share;
  }

  void spent(TuningLoop.Work work, double seconds) {
    spent.merge(work, seconds, Double::sum);
  }

  void waited(double seconds) {
    waitedSeconds += seconds;
  }

  void best(double seconds) {
    bestSeconds = seconds;
  }

  private static double seconds(List<Trial> trials, ToLongFunction<Trial> nanos) {
    return trials.stream().mapToLong(nanos).sum() / 1e9;
  }
}
