package tessera.job.warm;

import java.util.List;
import java.util.OptionalDouble;
import tessera.workload.Preparation;
import tessera.workload.Workload;

/**
 * The former runs that a run begins with.
 *
 * @param runs those that are most like it first; none for a run that begins with nothing
 */
public record WarmStart(List<FormerRun> runs) {
  /** A run begins with nothing. */
  public static final WarmStart NONE = new WarmStart(List.of());

  public WarmStart {
    runs = List.copyOf(runs);
  }

  /** What they know of one form of weights. */
  public WarmStart of(Preparation form) {
    return new WarmStart(runs.stream().map(run -> run.of(form)).toList());
  }

  public boolean isNone() {
    return runs.isEmpty();
  }

  /**
   * Whether one of them was for the same extents and forms of weights, so that fewer trials find
   * what is left.
   */
  public boolean isOf(Workload workload) {
    return runs.stream()
        .map(FormerRun::workload)
        .filter(former -> former.extents().equals(workload.extents()))
        .anyMatch(former -> former.preparesToo() || former.prepare() == workload.prepare());
  }

  /** The share by which two timings of one micro-kernel differ, as far as a run tells. */
  public double tieBand(double otherwise) {
    return runs.stream()
        .map(FormerRun::tieBand)
        .filter(OptionalDouble::isPresent)
        .mapToDouble(OptionalDouble::getAsDouble)
        .findFirst()
        .orElse(otherwise);
  }
}
