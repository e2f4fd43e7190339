package tessera.job.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tessera.Count;
import tessera.analysis.figures.Headline;
import tessera.analysis.figures.Known;

/** The headline in words: what a colleague would ask first. */
final class HeadlineWords {
  private static final String GOOD = "good";
  private static final String BAD = "bad";

  private final Headline headline;

  HeadlineWords(Headline headline) {
    this.headline = headline;
  }

  String title() {
    return headline.workload().name() + " on " + headline.hardware().model();
  }

  String lead() {
    Headline.WorkloadWords workload = headline.workload();
    String extents =
        workload.extents().entrySet().stream()
            .map(extent -> extent.getKey() + " = " + extent.getValue())
            .collect(Collectors.joining(", "));
    return (headline.run().isKnown() ? "Run " : "Bundle ")
        + headline.name()
        + ": "
        + workload.operator()
        + " "
        + workload.numerics()
        + (workload.epilogue().equals("none") ? "" : " with epilogue " + workload.epilogue())
        + ", "
        + extents
        + (workload.variables().isEmpty()
            ? ""
            : ", over " + String.join(", ", workload.variables()))
        + ".";
  }

  List<String> remarks() {
    return switch (headline.state()) {
      case DELIVERED ->
          headline.run().isKnown()
              ? List.of()
              : List.of(
                  "This is the bundle alone, without the search that made it: "
                      + headline.run().why()
                      + ".");
      case INTERRUPTED ->
          List.of(
              "This run has published no bundle: it was interrupted, failed after its search, or is"
                  + " still under way. What it measured until now is shown; tessera tune --resume"
                  + " goes on with it.");
      case ALL_FAILED ->
          List.of(
              "No trial of this run was right, so there is no speed to show. The list of failed"
                  + " trials says why.");
      case EMPTY -> List.of("No round of this run was finished, so nothing was logged yet.");
    };
  }

  List<Subject.Tile> tiles() {
    List<Subject.Tile> tiles = new ArrayList<>(vendor());
    headline.beyond().value().ifPresent(beyond -> tiles.add(beyond(beyond)));
    tiles.add(
        tile(
            "Tuning time",
            headline.seconds().map(HeadlineWords::duration),
            headline
                .run()
                .map(run -> "of a budget of " + duration(run.budgetSeconds()))
                .orElse("")));
    tiles.add(trials());
    tiles.add(
        tile(
            "Portfolio",
            headline.kernels().map(String::valueOf),
            headline
                .bundle()
                .map(
                    bundle ->
                        "micro-kernels in "
                            + Count.of(bundle.plans(), "plan")
                            + ", a tree of "
                            + Count.of(bundle.leaves(), "leaf"))
                .orElse("")));
    tiles.add(heldOut());
    tiles.add(new Subject.Tile("Hardware", headline.hardware().model(), peak(), ""));
    return tiles;
  }

  private List<Subject.Tile> vendor() {
    Known<Headline.Against> vendor = headline.vendor();
    if (!vendor.isKnown()) {
      return List.of(tile("Against the vendor", Known.not(vendor.why()), ""));
    }
    Headline.Against against = vendor.get();
    return List.of(
        new Subject.Tile(
            "Against " + against.library() + ", weighted",
            against.weighted().map(HeadlineWords::ratio).orElse("–"),
            against.weighted().isKnown()
                ? "its time over the bundle’s, all shapes together"
                : against.weighted().why(),
            against.weighted().map(HeadlineWords::tone).orElse("")),
        new Subject.Tile(
            "Geometric mean",
            ratio(against.geometricMean()),
            Count.of(against.shapes(), "shape") + " timed beside it",
            tone(against.geometricMean())),
        new Subject.Tile(
            "Worst shape",
            ratio(against.worst()),
            shape(against.worstShape()),
            tone(against.worst())));
  }

  private Subject.Tile beyond(Headline.Against beyond) {
    return new Subject.Tile(
        "Beyond the tuned range",
        ratio(beyond.geometricMean()),
        "of "
            + beyond.library()
            + " in the mean of "
            + Count.of(beyond.shapes(), "shape")
            + ", worst "
            + ratio(beyond.worst())
            + " at "
            + shape(beyond.worstShape()),
        tone(beyond.geometricMean()));
  }

  private static String tone(double ratio) {
    return ratio >= 1 ? GOOD : BAD;
  }

  private String shape(List<Long> values) {
    return IntStream.range(0, values.size())
        .mapToObj(i -> headline.workload().variables().get(i) + " = " + values.get(i))
        .collect(Collectors.joining(", "));
  }

  private Subject.Tile trials() {
    Known<Map<String, Long>> outcomes = headline.outcomes();
    return tile(
        "Trials",
        outcomes.map(all -> String.valueOf(all.values().stream().mapToLong(Long::longValue).sum())),
        outcomes.map(HeadlineWords::words).orElse(""));
  }

  private static String words(Map<String, Long> outcomes) {
    return outcomes.entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .map(
            outcome ->
                outcome.getValue()
                    + " "
                    + (outcome.getKey().equals("OK")
                        ? "right and timed"
                        : outcome.getKey().toLowerCase(Locale.ROOT).replace('_', ' ')))
        .collect(Collectors.joining(", "));
  }

  private Subject.Tile heldOut() {
    Known<Headline.HeldOut> heldOut = headline.heldOut();
    return tile(
        "Held-out regret",
        heldOut.map(regret -> percent(regret.mean())),
        heldOut
            .map(
                regret ->
                    "band "
                        + percent(regret.low())
                        + " to "
                        + percent(regret.high())
                        + ", worst "
                        + percent(regret.worst())
                        + ", "
                        + Count.of(regret.shapes(), "shape")
                        + " not timed before")
            .orElse(""));
  }

  /** A figure, or a dash and the reason. */
  private static Subject.Tile tile(String label, Known<String> value, String more) {
    return new Subject.Tile(label, value.orElse("–"), value.isKnown() ? more : value.why(), "");
  }

  private String peak() {
    double gflops = headline.hardware().peakGflops();
    return gflops < 1000
        ? String.format(Locale.ROOT, "measured peak %.1f GFLOP/s", gflops)
        : String.format(Locale.ROOT, "measured peak %.1f TFLOP/s", 1e-3 * gflops);
  }

  private static String ratio(double ratio) {
    return String.format(Locale.ROOT, "%.3f×", ratio);
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.2f %%", 100 * share);
  }

  static String duration(double seconds) {
    return seconds < 600
        ? String.format(Locale.ROOT, "%.0f s", seconds)
        : String.format(Locale.ROOT, "%.0f min", seconds / 60);
  }
}
