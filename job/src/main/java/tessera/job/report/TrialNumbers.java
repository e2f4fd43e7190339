package tessera.job.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import tessera.analysis.figures.CostModelFigures;
import tessera.analysis.figures.Stability;
import tessera.analysis.figures.TrialFigures;

/** Trials and their probes as columns of numbers, which take little room. */
final class TrialNumbers {
  private record Place(String search, int round, int index) {}

  private final List<TrialFigures> all;
  private final Stability stability;
  private final Map<Place, Integer> places = new HashMap<>();
  private final Map<String, List<String>> families = new LinkedHashMap<>();
  private final List<String> outcomes = new ArrayList<>();
  private final List<String> workers = new ArrayList<>();

  TrialNumbers(List<TrialFigures> all, Stability stability) {
    this.all = all;
    this.stability = stability;
    for (TrialFigures trial : all) {
      places.put(new Place(trial.search(), trial.round(), trial.index()), places.size());
      families.computeIfAbsent(
          trial.family(), key -> List.copyOf(new TreeSet<>(trial.parameters().keySet())));
      number(outcomes, trial.outcome());
      number(workers, trial.worker());
    }
  }

  private static int number(List<String> names, String name) {
    if (!names.contains(name)) {
      names.add(name);
    }
    return names.indexOf(name);
  }

  int failed() {
    return (int) all.stream().filter(trial -> !trial.isOk()).count();
  }

  List<Subject.Family> families() {
    return families.entrySet().stream()
        .map(family -> new Subject.Family(family.getKey(), family.getValue()))
        .toList();
  }

  List<String> outcomes() {
    return outcomes;
  }

  List<String> workers() {
    return workers;
  }

  Subject.Trials trials() {
    List<String> names = List.copyOf(families.keySet());
    return new Subject.Trials(
        all.stream().mapToInt(TrialFigures::round).toArray(),
        all.stream().mapToInt(trial -> names.indexOf(trial.family())).toArray(),
        all.stream().mapToInt(trial -> outcomes.indexOf(trial.outcome())).toArray(),
        all.stream().map(this::parameters).toArray(int[][]::new),
        spreads(),
        references(),
        all.stream().mapToInt(trial -> workers.indexOf(trial.worker())).toArray());
  }

  private int[] parameters(TrialFigures trial) {
    return families.get(trial.family()).stream()
        .mapToInt(name -> trial.parameters().getOrDefault(name, 0))
        .toArray();
  }

  /** The widest of a trial's probes. */
  private double[] spreads() {
    double[] spreads = unknown();
    for (Stability.Spread one : stability.spreads()) {
      Integer place = places.get(new Place(one.search(), one.round(), one.index()));
      spreads[place] =
          Double.isNaN(spreads[place]) ? one.spread() : Math.max(spreads[place], one.spread());
    }
    return spreads;
  }

  private double[] references() {
    double[] speeds = unknown();
    for (Stability.Reference one : stability.reference()) {
      speeds[places.get(new Place(one.search(), one.round(), one.index()))] = 1e9 * one.gflops();
    }
    return speeds;
  }

  private double[] unknown() {
    double[] unknown = new double[all.size()];
    Arrays.fill(unknown, Double.NaN);
    return unknown;
  }

  Subject.Predictions predictions(List<CostModelFigures.Prediction> probes) {
    return new Subject.Predictions(
        probes.stream()
            .mapToInt(one -> places.get(new Place(one.search(), one.round(), one.index())))
            .toArray(),
        probes.stream().mapToDouble(CostModelFigures.Prediction::measuredSeconds).toArray(),
        probes.stream().mapToDouble(one -> one.predictedSeconds().orElse(Double.NaN)).toArray(),
        probes.stream().mapToDouble(one -> one.priorSeconds().orElse(Double.NaN)).toArray());
  }
}
