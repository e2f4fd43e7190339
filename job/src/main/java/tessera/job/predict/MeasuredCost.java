package tessera.job.predict;

import java.util.List;
import tessera.measure.Timing;
import tessera.microkernel.Adaptation;
import tessera.microkernel.KernelFamily;
import tessera.microkernel.MicroKernelCost;
import tessera.trial.Trial;

/** f_MK of a micro-kernel from measured times: two unknowns, by least squares. */
public final class MeasuredCost {
  private MeasuredCost() {}

  /** The cost that explains a trial's probes, each timed by one thread. */
  public static MicroKernelCost of(KernelFamily family, Trial trial, double peakGflops) {
    List<Timing> timings = trial.timings();
    return fit(
        timings.stream()
            .map(timing -> family.tiling(trial.kernel()).adaptation(timing.problem().gemm(), 1))
            .toList(),
        timings.stream().mapToDouble(timing -> timing.seconds(peakGflops)).toArray(),
        family.prior(trial.kernel()));
  }

  /**
   * The cost that explains measured seconds with the least relative error; where they leave an
   * unknown open or make it negative, the prior fills it.
   */
  public static MicroKernelCost fit(
      List<Adaptation> adaptations, double[] measured, MicroKernelCost prior) {
    // each measurement says: steps / seconds * step + elements / seconds * element = 1
    double ss = 0;
    double se = 0;
    double ee = 0;
    double s = 0;
    double e = 0;
    for (int i = 0; i < measured.length; i++) {
      double steps = adaptations.get(i).steps() / measured[i];
      double elements = adaptations.get(i).elements() / measured[i];
      ss += steps * steps;
      se += steps * elements;
      ee += elements * elements;
      s += steps;
      e += elements;
    }
    double determinant = ss * ee - se * se;
    double element = prior.secondsPerElement();
    if (measured.length > 1 && determinant > 1e-9 * ss * ee) {
      element = Math.max(0, (ss * e - se * s) / determinant);
    }
    double step = (s - se * element) / ss;
    double alone = s / ss;
    return step >= 0.5 * alone
        ? new MicroKernelCost(step, element)
        : new MicroKernelCost(0.5 * alone, (e - se * 0.5 * alone) / ee);
  }
}
