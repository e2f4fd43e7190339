package tessera.job.retune;

import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tessera.EnvironmentFault;
import tessera.backend.Target;
import tessera.backend.WeightsForm;
import tessera.job.canary.Canary;
import tessera.measure.Deadline;
import tessera.measure.Timing;
import tessera.measure.TimingPolicy;
import tessera.runtime.Baseline;
import tessera.runtime.BundleFiles;
import tessera.runtime.BundleManifest;
import tessera.trial.BundleTimer;
import tessera.workload.Workload;

/** The bundle in place against another, in turns, in one process. */
final class Contest {
  /** Interleaved least times of one function repeat to less than half of that. */
  private static final double BAND = 0.02;

  private static final int ROUNDS = 40;
  private static final int MOST_SHAPES = 8;

  /** Beyond, a few shapes would take longer than the canary. */
  private static final double LONG_SECONDS = 0.02;

  private static final double SECONDS = 120;

  /** A device that is held, or a worker that dies, says nothing of a bundle the first time. */
  private static final int ATTEMPTS = 2;

  private final BundleTimer timer;

  Contest(BundleTimer timer) {
    this.timer = timer;
  }

  /**
   * How it ended.
   *
   * @param form of the weights
   * @param ratio the other's time over that of the bundle in place, in the geometric mean
   * @param known whether both could be called
   */
  record Result(WeightsForm form, double ratio, boolean known, String message) {
    boolean isSlower() {
      return known && ratio > 1 + BAND;
    }

    String words() {
      return known
          ? String.format(
              Locale.ROOT,
              "%sthe new bundle takes %.3f times the time of the one in place, of which %.0f%% may be noise",
              form == WeightsForm.PREPARED ? "with prepared weights " : "",
              ratio,
              100 * BAND)
          : "the one in place cannot be called: " + message;
    }
  }

  /**
   * Where one of them serves prepared weights in another way, that of the form in which the other
   * one is slower.
   *
   * @param target of the device that there is
   * @throws EnvironmentFault where nothing shows which of the two is at fault, or the other one is
   */
  Result of(InPlace.Content inPlace, InPlace.Content other, Target target) {
    Result plain = of(inPlace, other, target, WeightsForm.PLAIN);
    boolean alike = !inPlace.manifest().preparesToo() && !other.manifest().preparesToo();
    if (alike || !plain.known() || plain.isSlower()) {
      return plain;
    }
    Result prepared = of(inPlace, other, target, WeightsForm.PREPARED);
    return prepared.known() && prepared.ratio() > plain.ratio() ? prepared : plain;
  }

  private Result of(
      InPlace.Content inPlace, InPlace.Content other, Target target, WeightsForm form) {
    Workload workload = other.manifest().workload().anywhere();
    TimingPolicy policy = Canary.shortBlocks(target, workload, ROUNDS);
    Turns turns = new Turns(shapes(other, form), policy, form);
    String why = "";
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      BundleTimer.Timed both = time(turns, inPlace, other);
      if (both.isOk()) {
        return new Result(form, ratio(both), true, "");
      }
      BundleTimer.Timed old = time(turns, inPlace);
      if (!old.isOk() && BundleTimer.isOfBundles(old.outcome())) {
        return withoutOld(form, words(old), time(turns, other));
      }
      why = words(both);
    }
    throw new EnvironmentFault(
        "the new bundle could not be compared with the one in place"
            + (form == WeightsForm.PREPARED ? " with prepared weights: " : ": ")
            + why);
  }

  /** Where the one in place fails by itself, the other must not. */
  private static Result withoutOld(WeightsForm form, String why, BundleTimer.Timed other) {
    if (!other.isOk()) {
      throw new EnvironmentFault("the new bundle could not be timed: " + words(other));
    }
    return new Result(form, 1, false, why);
  }

  private static String words(BundleTimer.Timed failed) {
    return failed.outcome() + ", " + failed.message();
  }

  /** What bundles are timed on, and how. */
  private record Turns(List<List<Long>> shapes, TimingPolicy policy, WeightsForm form) {}

  private BundleTimer.Timed time(Turns turns, InPlace.Content... bundles) {
    List<BundleFiles> files = Arrays.stream(bundles).map(InPlace.Content::files).toList();
    return timer.time(
        new BundleTimer.Asked(files, List.of(), turns.shapes(), turns.policy(), turns.form()),
        Deadline.in(SECONDS));
  }

  private static double ratio(BundleTimer.Timed timed) {
    double sum = 0;
    for (List<Timing> both : timed.timings()) {
      sum += Math.log(least(both.get(1)) / least(both.get(0)));
    }
    return Math.exp(sum / timed.timings().size());
  }

  private static double least(Timing timing) {
    return Arrays.stream(timing.nanos()).min().orElseThrow();
  }

  /** Those that the new bundle was timed on, the short ones, spread over all of these. */
  private static List<List<Long>> shapes(InPlace.Content made, WeightsForm form) {
    List<BundleManifest.Expected> timed =
        form == WeightsForm.PREPARED
            ? made.manifest().preparedExpected()
            : made.manifest().expected();
    List<BundleManifest.Expected> byTime =
        timed.stream().sorted(Comparator.comparingDouble(Contest::seconds)).toList();
    long brief = byTime.stream().filter(e -> seconds(e) <= LONG_SECONDS).count();
    int count = (int) Math.max(Math.min(2, byTime.size()), brief);
    int taken = Math.min(count, MOST_SHAPES);
    Stream<List<Long>> spread =
        IntStream.range(0, taken)
            .mapToObj(i -> byTime.get(taken == 1 ? 0 : i * (count - 1) / (taken - 1)).shape());
    Stream<List<Long>> checked =
        made.baseline().stream().flatMap(b -> b.samples().stream()).map(Baseline.Sample::shape);
    List<List<Long>> shapes = Stream.concat(spread, checked).distinct().toList();
    return shapes.isEmpty() ? List.of(smallest(made.manifest())) : shapes;
  }

  private static double seconds(BundleManifest.Expected expected) {
    return expected.seconds() * expected.threads();
  }

  private static List<Long> smallest(BundleManifest manifest) {
    return Collections.nCopies(manifest.workload().variables().size(), 1L);
  }
}
