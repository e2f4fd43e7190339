package tessera.job.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tessera.analysis.figures.TrialFigures;

/** Failed trials, those together that failed alike. */
final class Failures {
  private static final int MOST_LETTERS = 600;

  private record Kind(String outcome, String family, String message) {}

  private Failures() {}

  /** The most frequent first. */
  static List<Subject.Failure> of(List<TrialFigures> trials) {
    Map<Kind, List<TrialFigures>> kinds = new LinkedHashMap<>();
    for (TrialFigures trial : trials) {
      if (!trial.isOk()) {
        Kind kind = new Kind(trial.outcome(), trial.family(), shortened(trial.message()));
        kinds.computeIfAbsent(kind, key -> new ArrayList<>()).add(trial);
      }
    }
    return kinds.entrySet().stream()
        .map(entry -> failure(entry.getKey(), entry.getValue()))
        .sorted(Comparator.comparingInt(Subject.Failure::count).reversed())
        .toList();
  }

  private static Subject.Failure failure(Kind kind, List<TrialFigures> trials) {
    return new Subject.Failure(
        kind.outcome(), kind.family(), kind.message(), trials.size(), words(trials.get(0)));
  }

  /** The parameters of a micro-kernel. */
  private static String words(TrialFigures trial) {
    return new TreeMap<>(trial.parameters())
        .entrySet().stream()
            .map(parameter -> parameter.getKey() + " " + parameter.getValue())
            .collect(Collectors.joining(", "));
  }

  /** A compiler can say very much. */
  private static String shortened(String message) {
    return message.length() <= MOST_LETTERS ? message : message.substring(0, MOST_LETTERS) + "…";
  }
}
