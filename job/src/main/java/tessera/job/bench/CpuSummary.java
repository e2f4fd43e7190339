package tessera.job.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import tessera.analysis.read.Ratios;
import tessera.backend.WeightsForm;

/** What {@link CpuBenchmark} says of its rows: a line for each, and means over many. */
final class CpuSummary {
  /**
   * Peers that are taken together: the best of them on each shape counts.
   *
   * @param words the best of them
   */
  private record Against(String words, Predicate<CpuBenchmark.PeerSpeed> peers) {}

  private static final Predicate<CpuBenchmark.Row> ANY = row -> true;

  private static final Against ALL = new Against("the best other", peer -> true);

  private final PrintStream to;
  private final Figures figures;

  CpuSummary(PrintStream to, Figures figures) {
    this.to = to;
    this.figures = figures;
  }

  void line(CpuBenchmark.Row row) {
    StringBuilder ratios = new StringBuilder();
    for (CpuBenchmark.PeerSpeed peer : row.peers()) {
      ratios.append(
          String.format(Locale.ROOT, "  %.2fx %s", row.gflops() / peer.gflops(), peer.label()));
    }
    to.printf(
        Locale.ROOT,
        "%-24s %-8s %8.1f GFLOP/s %s%n",
        extents(row.shape()),
        row.form().key(),
        row.gflops(),
        ratios);
  }

  static String extents(Dense shape) {
    return shape.m() + "x" + shape.n() + "x" + shape.k();
  }

  /** Means for each form of the bundle's weights, against all peers and those of each form. */
  void of(List<CpuBenchmark.Row> rows) {
    for (WeightsForm form : WeightsForm.values()) {
      List<CpuBenchmark.Row> some = rows.stream().filter(row -> row.form() == form).toList();
      for (Against against : against(some)) {
        of("all", form, against, some, ANY);
        of("m < 100", form, against, some, row -> row.shape().m() < 100);
        of(
            "100 <= m < 500",
            form,
            against,
            some,
            row -> row.shape().m() >= 100 && row.shape().m() < 500);
        of("m >= 500", form, against, some, row -> row.shape().m() >= 500);
      }
    }
  }

  /** Where all peers take weights in one form, the best of that form is the best of all. */
  private static List<Against> against(List<CpuBenchmark.Row> rows) {
    List<WeightsForm> forms =
        rows.stream()
            .flatMap(row -> row.peers().stream())
            .map(CpuBenchmark.PeerSpeed::form)
            .distinct()
            .sorted()
            .toList();
    List<Against> against = new ArrayList<>(List.of(ALL));
    if (forms.size() > 1) {
      forms.forEach(
          form ->
              against.add(
                  new Against("the best " + form.key() + " other", peer -> peer.form() == form)));
    }
    return against;
  }

  private void of(
      String name,
      WeightsForm form,
      Against against,
      List<CpuBenchmark.Row> rows,
      Predicate<CpuBenchmark.Row> in) {
    List<CpuBenchmark.Row> chosen =
        rows.stream().filter(in).filter(row -> !Double.isNaN(row.ratio(against.peers()))).toList();
    if (chosen.isEmpty()) {
      return;
    }
    // the line of all shapes says it; its figure is recorded, since other runs have other shapes
    boolean repeats = in != ANY && chosen.size() == rows.size();
    double mean = Ratios.geometricMean(chosen, row -> row.ratio(against.peers()));
    CpuBenchmark.Row worst =
        chosen.stream()
            .min(Comparator.comparingDouble(row -> row.ratio(against.peers())))
            .orElseThrow();
    if (!repeats) {
      to.printf(
          Locale.ROOT,
          "%-16s %3d shapes, %s weights: geometric mean %.3fx %s, worst %.3fx (%s)%n",
          name,
          chosen.size(),
          form.key(),
          mean,
          against.words(),
          worst.ratio(against.peers()),
          extents(worst.shape()));
    }
    record(name, form, against, mean, worst);
  }

  /** Plain weights against all are what was recorded first, under ids without either. */
  private void record(
      String name, WeightsForm form, Against against, double mean, CpuBenchmark.Row worst) {
    String words =
        String.format(
                Locale.ROOT,
                "%s shapes, %s weights, %d threads, %s",
                worst.group(),
                worst.weights(),
                worst.threads(),
                name)
            + (form == WeightsForm.PLAIN ? "" : ", " + form.key())
            + (against == ALL ? "" : ", against " + against.words());
    String unit = "times as fast as " + against.words();
    figures.add(words + ", geometric mean", mean, unit, "cpu", words);
    figures.add(words + ", worst", worst.ratio(against.peers()), unit, "cpu", words, "worst");
  }
}
