package tessera.job.report;

import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tessera.analysis.Recording;
import tessera.analysis.figures.CostModelFigures;
import tessera.analysis.figures.DispatchMap;
import tessera.analysis.figures.Headline;
import tessera.analysis.figures.Known;
import tessera.analysis.figures.PortfolioKernel;
import tessera.analysis.figures.Roofline;
import tessera.analysis.figures.SearchProgress;
import tessera.analysis.figures.Speeds;
import tessera.analysis.figures.Stability;
import tessera.dispatch.DecisionTree;

/** What the page is given of a recording. */
final class SubjectReader {
  private final Recording recording;
  private final Headline headline;
  private final Map<String, String> why = new LinkedHashMap<>();

  private SubjectReader(Recording recording) {
    this.recording = recording;
    this.headline = recording.headline();
  }

  static Subject read(Recording recording) {
    return new SubjectReader(recording).subject();
  }

  private Subject subject() {
    HeadlineWords words = new HeadlineWords(headline);
    Known<DispatchMap> dispatch = told("points", recording.dispatch());
    Known<Speeds> speeds = recording.speeds();
    Known<ShapePoints> points = dispatch.map(map -> new ShapePoints(recording, map, speeds.get()));
    told("efficiency", points.then(ShapePoints::anyFit));
    told("vendor", headline.vendor());
    Known<List<PortfolioKernel>> portfolio = told("resources", recording.portfolio());
    Known<SearchProgress> progress = told("rounds", recording.progress());
    Known<CostModelFigures> model = told("model", recording.costModel());
    Known<Roofline> roofline = recording.roofline();
    Stability stability = recording.stability();
    TrialNumbers trials = new TrialNumbers(recording.trials(), stability);
    whyNot(trials, progress, model, stability);
    double[] shares =
        dispatch.map(map -> ShapePoints.shares(recording, map, speeds.get())).orElse(new double[0]);
    return new Subject(
        words.title(),
        words.lead(),
        words.remarks(),
        words.tiles(),
        FactTables.of(headline),
        headline.workload().variables(),
        headline.vendor().map(Headline.Against::library).orElse(""),
        speeds.map(some -> plans(some, shares)).orElse(List.of()),
        portfolio.map(kernels -> kernels(kernels, speeds.get(), shares)).orElse(List.of()),
        points.map(ShapePoints::points).orElse(Subject.Points.none()),
        dispatch.map(DispatchMap::decisions).orElse(DecisionTree.constant(0)),
        progress.map(some -> rounds(some, model)).orElse(List.of()),
        progress.map(SubjectReader::best).orElse(List.of()),
        trials.trials(),
        trials.predictions(model.map(CostModelFigures::predictions).orElse(List.of())),
        trials.families(),
        trials.outcomes(),
        trials.workers(),
        progress.then(SearchProgress::steps).map(SubjectReader::steps).orElse(List.of()),
        model.then(CostModelFigures::importance).map(SubjectReader::importance).orElse(List.of()),
        new Subject.Peak(
            1e9 * roofline.map(Roofline::peakGflops).orElse(headline.hardware().peakGflops()),
            roofline.then(Roofline::memoryBytesPerSecond).orElse(Double.NaN)),
        stability.tieBand().orElse(Double.NaN),
        Failures.of(recording.trials()),
        why,
        Notes.of(recording, roofline));
  }

  /** Keeps the reason why a part of the page is not there. */
  private <T> Known<T> told(String part, Known<T> figures) {
    if (!figures.isKnown()) {
      why.put(part, sentence(figures.why()));
    }
    return figures;
  }

  private void whyNot(
      TrialNumbers trials,
      Known<SearchProgress> progress,
      Known<CostModelFigures> model,
      Stability stability) {
    told("best", progress.then(SearchProgress::best));
    told("steps", progress.then(SearchProgress::steps));
    told("importance", model.then(CostModelFigures::importance).then(SubjectReader::learned));
    told("band", stability.tieBand());
    if (progress.isKnown() && progress.get().rounds().isEmpty()) {
      for (String part : List.of("rounds", "best", "model", "importance")) {
        why.put(part, "No round of the search was finished, so nothing was logged.");
      }
    }
    model.map(CostModelFigures::predictions).value().ifPresent(this::whyNotPredicted);
    if (stability.reference().isEmpty()) {
      why.put("reference", "No fixed kernel ran beside the timings of this run.");
    }
    if (!headline.run().isKnown()) {
      why.put("failures", sentence(headline.run().why()));
    } else if (trials.failed() == 0) {
      why.put("failures", "No trial failed.");
    }
  }

  private static Known<List<CostModelFigures.Importance>> learned(
      List<CostModelFigures.Importance> importance) {
    return Known.of(
        Optional.of(importance).filter(all -> !all.isEmpty()),
        "no cost model was learned: too few trials were right, or the run's effort learns nothing");
  }

  private void whyNotPredicted(List<CostModelFigures.Prediction> probes) {
    if (probes.isEmpty()) {
      why.putIfAbsent("model", "No trial was right, so there is no time to compare with.");
    } else if (probes.stream().noneMatch(SubjectReader::isPredicted)) {
      why.put("model", sentence(probes.get(0).priorSeconds().why()));
    }
  }

  private static boolean isPredicted(CostModelFigures.Prediction probe) {
    return probe.predictedSeconds().isKnown() || probe.priorSeconds().isKnown();
  }

  private static String sentence(String words) {
    return words.substring(0, 1).toUpperCase(Locale.ROOT)
        + words.substring(1)
        + (words.endsWith(".") ? "" : ".");
  }

  private static List<Subject.Plan> plans(Speeds speeds, double[] shares) {
    return speeds.plans().stream()
        .map(plan -> new Subject.Plan(plan.name(), shares[plan.plan()]))
        .toList();
  }

  private static List<Subject.Kernel> kernels(
      List<PortfolioKernel> portfolio, Speeds speeds, double[] shares) {
    return portfolio.stream()
        .map(
            kernel ->
                new Subject.Kernel(
                    kernel.name(),
                    kernel.resources().orElse(Map.of()),
                    kernel.occupancy().orElse(Double.NaN),
                    speeds.plans().stream()
                        .filter(plan -> plan.kernels().contains(kernel.kernel()))
                        .mapToDouble(plan -> shares[plan.plan()])
                        .sum()))
        .toList();
  }

  private static List<Subject.Round> rounds(
      SearchProgress progress, Known<CostModelFigures> model) {
    Map<String, CostModelFigures.Score> scores = new HashMap<>();
    model
        .map(CostModelFigures::scores)
        .orElse(List.of())
        .forEach(score -> scores.put(name(score.search(), score.round()), score));
    return progress.rounds().stream()
        .map(round -> round(round, scores.get(name(round.search(), round.round()))))
        .toList();
  }

  /** Of a round: its number, behind the search where there are several. */
  private static String name(String search, int round) {
    return search.isEmpty() ? String.valueOf(round) : search + " " + round;
  }

  private static Subject.Round round(SearchProgress.Round round, CostModelFigures.Score score) {
    return new Subject.Round(
        name(round.search(), round.round()),
        round.trials(),
        round.ok(),
        round.busyShare(),
        score.heldOut(),
        score.spearman(),
        score.priorSpearman(),
        score.top8Recall(),
        round.buildSeconds(),
        round.verifySeconds(),
        round.timeSeconds(),
        round.waitSeconds().orElse(Double.NaN),
        round.learnSeconds().orElse(Double.NaN),
        ended(round));
  }

  /** When its trials were there, in seconds from the run's start. */
  static double ended(SearchProgress.Round round) {
    return round
        .beginSeconds()
        .then(begin -> round.learnSeconds().map(learn -> begin + learn))
        .then(learned -> round.measureSeconds().map(measure -> learned + measure))
        .orElse(Double.NaN);
  }

  private static List<Subject.Best> best(SearchProgress progress) {
    Map<String, Double> ends = new HashMap<>();
    progress.rounds().forEach(round -> ends.put(name(round.search(), round.round()), ended(round)));
    return progress.best().orElse(List.of()).stream()
        .map(
            best ->
                new Subject.Best(
                    best.search(),
                    best.round(),
                    best.trials(),
                    1e9 * best.gflops(),
                    ends.getOrDefault(name(best.search(), best.round()), Double.NaN)))
        .toList();
  }

  private static List<Subject.Step> steps(List<SearchProgress.Step> steps) {
    return steps.stream().map(step -> new Subject.Step(step.name(), step.seconds())).toList();
  }

  /** Of the last model, the most important feature first. */
  private static List<Subject.Feature> importance(List<CostModelFigures.Importance> all) {
    if (all.isEmpty()) {
      return List.of();
    }
    CostModelFigures.Importance last = all.get(all.size() - 1);
    return all.stream()
        .filter(one -> one.search().equals(last.search()) && one.round() == last.round())
        .sorted(Comparator.comparingDouble(CostModelFigures.Importance::share).reversed())
        .map(one -> new Subject.Feature(one.feature(), one.share()))
        .toList();
  }
}
