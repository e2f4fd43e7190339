package tessera.job.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import tessera.Count;
import tessera.analysis.figures.Headline;

/** What a run was made on, with and how, as tables of names and values. */
final class FactTables {
  private static final String BYTES = "Bytes";
  private static final String NANOS = "Nanos";
  private static final int DIGITS = 5;

  private FactTables() {}

  static List<Subject.Facts> of(Headline headline) {
    List<Subject.Facts> facts = new ArrayList<>();
    facts.add(facts("Hardware", headline.hardware().limits()));
    headline.run().value().ifPresent(run -> facts.add(new Subject.Facts("Run", run(run))));
    headline
        .bundle()
        .value()
        .ifPresent(bundle -> facts.add(new Subject.Facts("Bundle", bundle(bundle))));
    headline.versions().value().ifPresent(tools -> facts.add(facts("Made with", tools)));
    headline.policy().value().ifPresent(policy -> facts.add(facts("How a trial is timed", policy)));
    return facts;
  }

  private static List<List<String>> run(Headline.RunWords run) {
    return List.of(
        List.of("folder", run.folder()),
        List.of("strategy", run.strategy()),
        List.of("effort", run.effort()),
        List.of(
            "budget",
            run.budgetTrials() + " trials, " + HeadlineWords.duration(run.budgetSeconds())),
        List.of("seed", String.valueOf(run.seed())),
        List.of("threads of a call", String.valueOf(run.threads())));
  }

  private static List<List<String>> bundle(Headline.BundleWords bundle) {
    return List.of(
        List.of("folder", bundle.folder()),
        List.of("id", bundle.id()),
        List.of("made", bundle.created()),
        List.of("decision tree", Count.of(bundle.leaves(), "leaf") + ", depth " + bundle.depth()));
  }

  /** Records as JSON has them. */
  private static Subject.Facts facts(String title, Map<String, ?> values) {
    return new Subject.Facts(
        title,
        new TreeMap<>(values)
            .entrySet().stream().map(entry -> fact(entry.getKey(), entry.getValue())).toList());
  }

  private static List<String> fact(String name, Object value) {
    if (value instanceof Number number && name.endsWith(BYTES)) {
      return List.of(words(name.replace(BYTES, "")), bytes(number.doubleValue()));
    }
    if (value instanceof Number number && name.endsWith(NANOS)) {
      return List.of(words(name.replace(NANOS, "")), number(1e-6 * number.doubleValue()) + " ms");
    }
    return List.of(
        words(name),
        value instanceof Double real ? number(real.doubleValue()) : String.valueOf(value));
  }

  /** A name of JSON as people write it. */
  private static String words(String name) {
    return name.replaceAll("([a-z0-9])([A-Z])", "$1 $2").toLowerCase(Locale.ROOT);
  }

  private static String bytes(double bytes) {
    String[] units = {"B", "KiB", "MiB", "GiB"};
    int unit = 0;
    double left = bytes;
    while (left >= 1024 && unit < units.length - 1) {
      left /= 1024;
      unit++;
    }
    return number(left) + " " + units[unit];
  }

  private static String number(double value) {
    return BigDecimal.valueOf(value)
        .round(new MathContext(DIGITS))
        .stripTrailingZeros()
        .toPlainString();
  }
}
