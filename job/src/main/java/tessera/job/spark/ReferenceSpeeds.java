package tessera.job.spark;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import tessera.measure.Timing;
import tessera.trial.Trial;

/**
 * How fast devices ran what never changes, around the candidates that they timed. Where one is far
 * slower than another of equal hardware, something holds it back, and its times are not those of
 * the hardware.
 */
final class ReferenceSpeeds {
  /** Other programs halve the speed of a core now and then; this is no such moment. */
  private static final double LEAST_SHARE = 0.25;

  /** GFLOP/s by the process and device that measured. */
  private final Map<String, List<Double>> seen = new HashMap<>();

  /** The medians of those devices that measured nothing since. */
  private final Map<String, Double> medians = new HashMap<>();

  void add(Trial trial) {
    medians.remove(trial.worker());
    trial.timings().stream()
        .map(Timing::referenceSpeed)
        .flatMapToDouble(OptionalDouble::stream)
        .forEach(speed -> seen.computeIfAbsent(trial.worker(), w -> new ArrayList<>()).add(speed));
  }

  /** Whether a trial was timed by a device that is held back. */
  boolean areLowIn(Trial trial) {
    double least = LEAST_SHARE * usual();
    return trial.timings().stream()
        .map(Timing::referenceSpeed)
        .flatMapToDouble(OptionalDouble::stream)
        .anyMatch(speed -> speed < least);
  }

  /** Whether a device is held back all the time, not at some moment. */
  boolean areUsuallyLowOn(String worker) {
    return seen.containsKey(worker) && median(worker) < LEAST_SHARE * usual();
  }

  /** That of the fastest device. */
  private double usual() {
    return seen.keySet().stream().mapToDouble(this::median).max().orElse(0);
  }

  private double median(String worker) {
    return medians.computeIfAbsent(
        worker, key -> Timing.median(seen.get(key).stream().mapToDouble(speed -> speed).toArray()));
  }
}
