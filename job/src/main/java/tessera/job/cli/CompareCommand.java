package tessera.job.cli;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tessera.Count;
import tessera.analysis.Analysis;
import tessera.analysis.figures.Comparison;
import tessera.analysis.figures.Known;
import tessera.job.cli.options.JsonOption;
import tessera.job.cli.options.TrustOption;
import tessera.job.report.ReportPage;
import tessera.job.spark.Cluster;
import tessera.storage.Place;

@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    description = {
      "Compares two bundles of one workload, or the bundles of two runs: of two versions, dates or"
          + " kinds of hardware.",
      "Ratios are A's time over B's: above 1, B is faster. Exit code 4 says that B is slower, by"
          + " more than timings vary.",
      "",
      "Example: tessera compare before/bundles/bert-dense/HARDWARE/latest"
          + " out/bundles/bert-dense/HARDWARE/latest"
    })
public final class CompareCommand implements Callable<Integer> {
  /** B is slower than A. */
  public static final int SLOWER = 4;

  @Parameters(
      index = "0",
      paramLabel = "A",
      description = "A run's folder or a bundle's, to compare with: a path, or a URI.")
  private Place a;

  @Parameters(index = "1", paramLabel = "B", description = "A run's folder or a bundle's.")
  private Place b;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "A file for a page that shows the two side by side: a path, or a URI.")
  private Optional<Place> report = Optional.empty();

  @Mixin private JsonOption json;

  @Mixin private TrustOption trust;

  @Override
  public Integer call() {
    Analysis.checkOnDisk(List.of(a, b));
    Comparison comparison;
    try (Cluster cluster = Cluster.start()) {
      Analysis analysis = Analysis.of(cluster);
      comparison = analysis.open(a, trust.chosen()).compare(analysis.open(b, trust.chosen()));
    }
    if (json.form().write("comparison", comparison)) {
      print(System.out, comparison);
    }
    report.ifPresent(file -> ReportCommand.write(ReportPage.of(comparison), file, "--report"));
    return comparison.verdict() == Comparison.Verdict.SLOWER ? SLOWER : 0;
  }

  private static void print(PrintStream to, Comparison comparison) {
    side(to, "A", comparison.a());
    side(to, "B", comparison.b());
    to.printf(
        Locale.ROOT,
        "%-20s %12s %12s %8s %7s  %s%n",
        String.join(",", comparison.variables()),
        "A, us",
        "B, us",
        "A/B",
        "band",
        "B is");
    for (Comparison.Shape shape : comparison.shapes()) {
      to.printf(
          Locale.ROOT,
          "%-20s %12.1f %12.1f %7.3fx %6.1f%%  %s%n",
          shape.shape().toString().replaceAll("[\\[\\] ]", ""),
          1e6 * shape.secondsA(),
          1e6 * shape.secondsB(),
          shape.ratio(),
          100 * shape.band(),
          words(shape.verdict()));
    }
    to.printf(
        Locale.ROOT,
        "%s: weighted %s, geometric mean %.3fx, worst %.3fx; B is %s (%.3fx to %.3fx is no"
            + " difference: %s)%n",
        Count.of(comparison.shapes().size(), "shape"),
        words(comparison.weighted()),
        comparison.geometricMean(),
        comparison.worst(),
        words(comparison.verdict()),
        1 / (1 + comparison.band()),
        1 + comparison.band(),
        comparison.bandSource());
  }

  private static void side(PrintStream to, String name, Comparison.Side side) {
    to.println(
        name
            + "          "
            + side.folder()
            + ", made "
            + side.created()
            + " for "
            + side.model()
            + (side.threads() > 1 ? " on " + side.threads() + " threads" : ""));
  }

  private static String words(Known<Double> ratio) {
    return ratio
        .map(known -> String.format(Locale.ROOT, "%.3fx", known))
        .orElse("unknown (" + ratio.why() + ")");
  }

  private static String words(Comparison.Verdict verdict) {
    return switch (verdict) {
      case FASTER -> "faster";
      case SAME -> "as fast";
      case SLOWER -> "slower";
    };
  }
}
