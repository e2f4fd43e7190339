package tessera.job.cli;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tessera.UserError;
import tessera.analysis.Analysis;
import tessera.analysis.Recording;
import tessera.analysis.drift.DriftReader;
import tessera.analysis.figures.Drift;
import tessera.job.cli.options.JsonOption;
import tessera.job.cli.options.TraceOption;
import tessera.job.cli.options.TrustOption;
import tessera.job.spark.Cluster;
import tessera.storage.Place;
import tessera.workload.trace.Trace;
import tessera.workload.trace.TraceChoice;

@Command(
    name = "drift",
    mixinStandardHelpOptions = true,
    description = {
      "Holds what production called to the shapes that a bundle was tuned for: whether they have"
          + " moved, and what retuning would gain.",
      "Exit code 12 says that they have moved, by more than chance moves so few calls.",
      "",
      "Example: tessera drift out/bundles/bert-dense/HARDWARE/latest --trace calls.csv"
    })
public final class DriftCommand implements Callable<Integer> {
  /** The shapes have moved. */
  public static final int MOVED = 12;

  @Parameters(
      paramLabel = "BUNDLE",
      description = "A bundle's folder, or that of a run: a path, or a URI.")
  private Place bundle;

  @Mixin private TraceOption trace;

  @Option(
      names = "--threshold",
      paramLabel = "SHARE",
      defaultValue = "" + DriftReader.THRESHOLD,
      description =
          "The least share of the calls that must have changed to count as drift (default:"
              + " ${DEFAULT-VALUE}).")
  private double threshold;

  @Mixin private JsonOption json;

  @Mixin private TrustOption trust;

  @Override
  public Integer call() {
    TraceChoice choice =
        trace
            .chosen()
            .orElseThrow(() -> new UserError("give what production logged with --trace FILE"));
    if (!(threshold >= 0 && threshold < 1)) {
      throw new UserError("--threshold must be a share from 0 to less than 1, not " + threshold);
    }
    Analysis.checkOnDisk(List.of(bundle));
    Trace called;
    Drift drift;
    try (Cluster cluster = Cluster.start()) {
      Recording tuned = Analysis.of(cluster).open(bundle, trust.chosen());
      called = choice.read(cluster.traces(), tuned.workload().variables());
      drift = tuned.drift(called, choice, threshold);
    }
    if (json.form().write("drift", drift)) {
      System.out.println(trace.words(called));
      print(System.out, drift);
    }
    return drift.verdict() == Drift.Verdict.MOVED ? MOVED : 0;
  }

  private static void print(PrintStream to, Drift drift) {
    to.println("tuned for  " + ranges(drift) + ": " + drift.tuned());
    to.printf(
        Locale.ROOT,
        "moved      %s: %s of the calls; the threshold is %.1f%%, and chance alone gives %.1f%% in"
            + " a trace as long%n",
        drift.verdict() == Drift.Verdict.MOVED ? "yes" : "no",
        share(drift.distance()),
        100 * drift.threshold(),
        100 * drift.noise());
    drift.shifts().forEach(shift -> to.println("           " + words(drift, shift)));
    to.printf(
        Locale.ROOT,
        "outside    %s of the calls are outside of what it was tuned for; they take %s%n",
        share(drift.outsideCalls()),
        drift
            .outsideTime()
            .map(time -> share(time) + " of the predicted time")
            .orElse("a time that is not known: " + drift.outsideTime().why()));
    to.println(
        "gain       "
            + drift.gain().map(DriftCommand::gain).orElse("not known: " + drift.gain().why()));
    if (drift.verdict() == Drift.Verdict.MOVED) {
      to.println("retune by  " + drift.command().orElse(drift.command().why()));
    }
  }

  private static String ranges(Drift drift) {
    return drift.ranges().stream()
        .map(range -> range.variable() + " from " + range.tunedFrom() + " to " + range.tunedTo())
        .collect(Collectors.joining(", "));
  }

  private static String share(Drift.Estimate share) {
    return String.format(
        Locale.ROOT,
        "%.1f%% (%.1f%% to %.1f%%)",
        100 * share.value(),
        100 * share.low(),
        100 * share.high());
  }

  private static String gain(Drift.Estimate gain) {
    return String.format(
        Locale.ROOT,
        "%.3fx by retuning (%.3fx to %.3fx), by the micro-kernels that its run measured",
        gain.value(),
        gain.low(),
        gain.high());
  }

  private static String words(Drift drift, Drift.Shift shift) {
    List<String> values =
        IntStream.range(0, drift.ranges().size())
            .mapToObj(v -> drift.ranges().get(v).variable() + " " + values(shift, v))
            .toList();
    return String.format(
        Locale.ROOT,
        "%s: %.1f%% of what it was tuned for, %.1f%% of the calls",
        String.join(", ", values),
        100 * shift.tunedShare(),
        100 * shift.callsShare());
  }

  private static String values(Drift.Shift shift, int variable) {
    long from = shift.from().get(variable);
    long to = shift.to().get(variable);
    return from == to ? "" + from : from + " to " + to;
  }
}
