package tessera.job.run;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import tessera.job.search.Learner;

/**
 * Says once how the times of former runs were corrected, as soon as there is something to go by.
 */
final class WarmNotes {
  private final Progress progress;
  private boolean said;

  WarmNotes(Progress progress) {
    this.progress = progress;
  }

  /** A round was proposed by a model that has this of former runs. */
  void learned(Learner.Seeding seeding) {
    if (!said && seeding.anchors() > 0) {
      said = true;
      progress.remark(words(seeding));
    }
  }

  private static String words(Learner.Seeding seeding) {
    return String.format(
        Locale.ROOT,
        "of %d timings that were measured then and now, those of now are %s, which corrects %d former timings to %.1f%% in the mean",
        seeding.anchors(),
        words(seeding.factors()),
        seeding.rows(),
        100 * seeding.deviation());
  }

  private static String words(Map<String, Double> factors) {
    return new TreeMap<>(factors)
        .entrySet().stream()
            .map(
                family ->
                    String.format(
                        Locale.ROOT,
                        "%.3f times as long for %s",
                        family.getValue(),
                        family.getKey()))
            .collect(Collectors.joining(" and "));
  }
}
