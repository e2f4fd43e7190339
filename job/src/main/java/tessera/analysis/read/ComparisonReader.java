package tessera.analysis.read;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import tessera.UserError;
import tessera.analysis.figures.Comparison;
import tessera.analysis.figures.Known;
import tessera.analysis.figures.Speeds;
import tessera.measure.Timing;
import tessera.runtime.BundleManifest;
import tessera.workload.WorkloadSpec;

/** Compares what two bundles of one workload take. */
public final class ComparisonReader {
  /** Where neither side says how its timings repeat; runs on one machine rarely differ by more. */
  private static final double USUAL_BAND = 0.05;

  /** Shapes in common that tell of a bundle; fewer tell of themselves. */
  private static final int ENOUGH = 3;

  private final Sided a;
  private final Sided b;

  /**
   * One of the two.
   *
   * @param tieBand of its contest
   */
  public record Sided(Source source, Known<Speeds> speeds, Known<Double> tieBand) {
    Source.Published bundle() {
      return source.bundle().get();
    }
  }

  /** A call on a shape, as far as a bundle tells. */
  private record Call(
      double seconds, Known<Double> weight, Known<Double> spread, Known<Double> vendorRatio) {}

  /**
   * @throws UserError where one has no bundle, or they are of different workloads
   */
  public ComparisonReader(Sided a, Sided b) {
    this.a = a;
    this.b = b;
    for (Sided side : List.of(a, b)) {
      if (!side.source().bundle().isKnown()) {
        throw new UserError(
            side.source().title()
                + " has nothing to compare: "
                + side.source().bundle().why()
                + "; go on with it by tune --resume, or give another");
      }
    }
    WorkloadSpec first = a.bundle().manifest().workload();
    WorkloadSpec second = b.bundle().manifest().workload();
    if (!work(first).equals(work(second))) {
      throw new UserError(
          a.bundle().folder()
              + " is of "
              + words(first)
              + ", and "
              + b.bundle().folder()
              + " of "
              + words(second)
              + "; give two of one workload");
    }
  }

  /** What is computed, whatever its name. */
  private static List<Object> work(WorkloadSpec spec) {
    return List.of(
        spec.operator(),
        spec.numerics(),
        spec.epilogue(),
        spec.variables(),
        new TreeMap<>(spec.extents()));
  }

  private static String words(WorkloadSpec spec) {
    return spec.operator()
        + " "
        + spec.numerics().words()
        + " with epilogue "
        + spec.epilogue()
        + " and extents "
        + new TreeMap<>(spec.extents());
  }

  /** Calls of both on their shapes. */
  private record Calls(Map<List<Long>, Call> first, Map<List<Long>, Call> second) {
    /** Shapes in common. */
    List<List<Long>> shapes() {
      return first.keySet().stream().filter(second::containsKey).toList();
    }

    /**
     * Whether these are to be compared: some are in common, and most of the fewer shapes are.
     *
     * @param others which may have more in common
     */
    boolean suffice(Calls others) {
      int common = shapes().size();
      return 2 * common >= Math.min(first.size(), second.size())
          && (common >= ENOUGH || common >= others.shapes().size());
    }
  }

  public Comparison comparison() {
    Calls calls = calls();
    List<Comparison.Shape> shapes = shapes(calls);
    List<Double> bands = shapes.stream().map(Comparison.Shape::band).toList();
    double band = Timing.median(bands.stream().mapToDouble(Double::doubleValue).toArray());
    Known<Double> weighted =
        Ratios.weighted(
            shapes,
            Comparison.Shape::weight,
            Comparison.Shape::secondsA,
            Comparison.Shape::secondsB);
    double mean = Ratios.geometricMean(shapes, Comparison.Shape::ratio);
    Comparison.Shape worst =
        shapes.stream().min(Comparator.comparingDouble(Comparison.Shape::ratio)).orElseThrow();
    return new Comparison(
        side(a),
        side(b),
        a.bundle().manifest().workload().variables(),
        shapes,
        weighted,
        mean,
        worst.ratio(),
        worst.shape(),
        band,
        bandSource(calls),
        verdict(weighted.orElse(mean), mean, band));
  }

  /** Slower where one of the means is; faster where one is and the other is not slower. */
  private static Comparison.Verdict verdict(double weighted, double mean, double band) {
    List<Comparison.Verdict> both =
        List.of(Comparison.Verdict.of(weighted, band), Comparison.Verdict.of(mean, band));
    return Stream.of(Comparison.Verdict.SLOWER, Comparison.Verdict.FASTER)
        .filter(both::contains)
        .findFirst()
        .orElse(Comparison.Verdict.SAME);
  }

  private static Comparison.Side side(Sided side) {
    BundleManifest manifest = side.bundle().manifest();
    return new Comparison.Side(
        side.source().title(),
        side.bundle().folder().toString(),
        manifest.name(),
        manifest.created(),
        manifest.target().model(),
        manifest.target().folder(),
        manifest.threads(),
        new TreeMap<>(manifest.tools()));
  }

  /**
   * Those that were delivered; those that trained the dispatchers where the two have most of the
   * former not in common, or hardly any and more of the latter. Shapes beyond the range that was
   * asked for are no part of either.
   */
  private Calls calls() {
    Calls delivered = new Calls(delivered(a), delivered(b));
    Calls trained = new Calls(trained(a), trained(b));
    return (delivered.suffice(trained)
            ? Stream.of(delivered, trained)
            : Stream.of(trained, delivered))
        .filter(calls -> !calls.shapes().isEmpty())
        .findFirst()
        .orElseThrow(
            () ->
                new UserError(
                    a.bundle().folder()
                        + " and "
                        + b.bundle().folder()
                        + " were timed on no shape in common; tune both with the same samples and effort"));
  }

  /** Calls of the bundle, timed beside the vendors' libraries. */
  private static Map<List<Long>, Call> delivered(Sided side) {
    Map<List<Long>, Call> calls = new LinkedHashMap<>();
    for (Speeds.Dispatched shape : side.speeds().get().dispatched()) {
      if (shape.liesBeyond()) {
        continue;
      }
      calls.put(
          shape.shape(),
          new Call(
              shape.seconds(),
              shape.weight(),
              shape.spread(),
              shape.vendorSeconds().map(vendor -> vendor / shape.seconds())));
    }
    return calls;
  }

  /** Dispatched plans, timed to train the dispatcher. */
  private static Map<List<Long>, Call> trained(Sided side) {
    Map<List<Long>, Call> calls = new LinkedHashMap<>();
    for (Speeds.Timed timed : side.speeds().get().timed()) {
      if (timed.isDispatched() && timed.weight() > 0) {
        Known<Double> none = Known.not("it was not timed beside a vendor's library");
        calls.put(timed.shape(), new Call(timed.seconds(), Known.of(timed.weight()), none, none));
      }
    }
    return calls;
  }

  private List<Comparison.Shape> shapes(Calls calls) {
    List<List<Long>> both = calls.shapes();
    Map<List<Long>, Call> first = calls.first();
    Map<List<Long>, Call> second = calls.second();
    Known<Double> total = total(both, first).isKnown() ? total(both, first) : total(both, second);
    Map<List<Long>, Call> weighing = total(both, first).isKnown() ? first : second;
    List<Comparison.Shape> shapes = new ArrayList<>();
    for (List<Long> shape : both) {
      Known<Double> weight = total.then(sum -> weighing.get(shape).weight().map(w -> w / sum));
      shapes.add(shape(shape, weight, first.get(shape), second.get(shape)));
    }
    return shapes;
  }

  private static Known<Double> total(List<List<Long>> shapes, Map<List<Long>, Call> calls) {
    double sum = 0;
    for (List<Long> shape : shapes) {
      Known<Double> weight = calls.get(shape).weight();
      if (!weight.isKnown()) {
        return weight;
      }
      sum += weight.get();
    }
    return Known.of(sum);
  }

  private Comparison.Shape shape(List<Long> shape, Known<Double> weight, Call first, Call second) {
    double ratio = first.seconds() / second.seconds();
    double band = band(first, second);
    return new Comparison.Shape(
        shape,
        weight,
        first.seconds(),
        second.seconds(),
        ratio,
        band,
        Comparison.Verdict.of(ratio, band),
        first.vendorRatio(),
        second.vendorRatio());
  }

  /** The widest of what is known. */
  private double band(Call first, Call second) {
    return repeats(first, second).mapToDouble(Double::doubleValue).max().orElse(USUAL_BAND);
  }

  /** How far repeated timings differ, as far as it is known. */
  private Stream<Double> repeats(Call first, Call second) {
    return Stream.of(a.tieBand(), b.tieBand(), first.spread(), second.spread())
        .map(Known::value)
        .flatMap(Optional::stream);
  }

  private String bandSource(Calls calls) {
    List<List<Long>> shapes = calls.shapes();
    long known =
        shapes.stream()
            .filter(
                shape ->
                    repeats(calls.first().get(shape), calls.second().get(shape))
                        .findAny()
                        .isPresent())
            .count();
    if (known == 0) {
      return "assumed: neither side says how its timings repeat";
    }
    return known == shapes.size()
        ? "how far repeated timings of the two differ, in the median of the shapes"
        : "how far repeated timings of the two differ, or 5% where neither says, in the median of the shapes";
  }
}
