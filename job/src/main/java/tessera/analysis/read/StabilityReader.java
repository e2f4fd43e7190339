package tessera.analysis.read;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import tessera.analysis.figures.Known;
import tessera.analysis.figures.Speeds;
import tessera.analysis.figures.Stability;
import tessera.job.spark.tables.RunTables;
import tessera.measure.Timing;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;

/** How far the figures can be trusted. */
public final class StabilityReader {
  /** Fewer say nothing of nine in ten. */
  private static final int LEAST_REPEATS = 10;

  private static final double MOST_CASES = 0.9;

  private final Source source;
  private final Log log;
  private final SearchSpace space;

  public StabilityReader(Source source, Log log) {
    this.source = source;
    this.log = log;
    this.space = source.hardware().space(source.workload());
  }

  public Stability stability(Known<Speeds> speeds) {
    List<Stability.Repeat> repeats = repeats();
    Known<Double> band = band(repeats);
    return new Stability(
        band,
        repeats,
        speeds.map(some -> choices(some, band)).orElse(List.of()),
        spreads(),
        reference());
  }

  private List<Stability.Repeat> repeats() {
    record Place(MicroKernel kernel, List<Long> shape) {}
    Map<Place, Double> first = new HashMap<>();
    List<Stability.Repeat> repeats = new ArrayList<>();
    for (Log.Contestant row : log.contest()) {
      Place place = new Place(row.kernel(), row.shape());
      Double before = first.putIfAbsent(place, row.seconds());
      if (before != null) {
        repeats.add(
            new Stability.Repeat(
                row.kernel().family(),
                name(row.kernel()),
                row.shape(),
                row.seconds(),
                row.seconds() / before));
      }
    }
    return repeats;
  }

  private String name(MicroKernel kernel) {
    return space.covers(kernel) ? space.family(kernel).label(kernel) : kernel.key();
  }

  private Known<Double> band(List<Stability.Repeat> repeats) {
    if (repeats.size() < LEAST_REPEATS) {
      return Known.not(
          source.run().isKnown()
              ? "fewer than "
                  + LEAST_REPEATS
                  + " micro-kernels were timed twice on one shape: the run ended before its contest did"
              : source.run().why());
    }
    double[] differences =
        repeats.stream().mapToDouble(repeat -> Math.abs(repeat.ratio() - 1)).sorted().toArray();
    return Known.of(differences[(int) (MOST_CASES * (differences.length - 1))]);
  }

  /** Where at least one other plan was timed. */
  private static List<Stability.Choice> choices(Speeds speeds, Known<Double> band) {
    Map<List<Long>, List<Speeds.Timed>> shapes = new LinkedHashMap<>();
    for (Speeds.Timed timed : speeds.timed()) {
      shapes.computeIfAbsent(timed.shape(), shape -> new ArrayList<>()).add(timed);
    }
    List<Stability.Choice> choices = new ArrayList<>();
    shapes.forEach((shape, plans) -> choices.addAll(choice(shape, plans, band)));
    return choices;
  }

  private static List<Stability.Choice> choice(
      List<Long> shape, List<Speeds.Timed> plans, Known<Double> band) {
    List<Speeds.Timed> own = plans.stream().filter(Speeds.Timed::isDispatched).toList();
    List<Speeds.Timed> others =
        plans.stream()
            .filter(plan -> !plan.isDispatched())
            .sorted(Comparator.comparingDouble(Speeds.Timed::seconds))
            .toList();
    if (own.isEmpty() || others.isEmpty()) {
      return List.of();
    }
    double ahead = others.get(0).seconds() / own.get(0).seconds() - 1;
    return List.of(
        new Stability.Choice(
            shape,
            own.get(0).plan(),
            others.get(0).plan(),
            ahead,
            band.map(width -> Math.abs(ahead) <= width)));
  }

  private List<Stability.Spread> spreads() {
    List<Stability.Spread> spreads = new ArrayList<>();
    for (RunTables.Logged logged : log.trials()) {
      for (Timing timing : logged.trial().timings()) {
        spreads.add(
            new Stability.Spread(
                logged.search(),
                logged.round(),
                logged.index(),
                logged.trial().worker(),
                timing.spread(source.target().peakGflops())));
      }
    }
    return spreads;
  }

  private List<Stability.Reference> reference() {
    List<Stability.Reference> speeds = new ArrayList<>();
    for (RunTables.Logged logged : log.trials()) {
      double[] known =
          logged.trial().timings().stream()
              .map(Timing::referenceSpeed)
              .filter(OptionalDouble::isPresent)
              .mapToDouble(OptionalDouble::getAsDouble)
              .toArray();
      if (known.length > 0) {
        speeds.add(
            new Stability.Reference(
                logged.search(),
                logged.round(),
                logged.index(),
                logged.trial().worker(),
                Timing.median(known)));
      }
    }
    return speeds;
  }
}
