package tessera.job.search;

import tessera.cost.Adaptation;
import tessera.measure.Timing;
import tessera.measure.Trial;
import tessera.microkernel.KernelFamily;
import tessera.microkernel.MicroKernelCost;

/** f_MK of a micro-kernel from its own measurements: two unknowns, by least squares. */
public final class MeasuredCost {
  private MeasuredCost() {}

  /**
   * The cost that explains the probes' times with the least relative error; where they leave an
   * unknown open or make it negative, the prior fills it.
   */
  public static MicroKernelCost of(KernelFamily family, Trial trial, double peakGflops) {
    // each probe says: steps / seconds * step + elements / seconds * element = 1
    double ss = 0;
    double se = 0;
    double ee = 0;
    double s = 0;
    double e = 0;
    for (Timing timing : trial.timings()) {
      Adaptation adaptation = Adaptation.of(family.tiling(trial.kernel()), timing.shape(), 1);
      double seconds = timing.seconds(peakGflops);
      double steps = adaptation.steps() / seconds;
      double elements = adaptation.elements() / seconds;
      ss += steps * steps;
      se += steps * elements;
      ee += elements * elements;
      s += steps;
      e += elements;
    }
    double determinant = ss * ee - se * se;
    double element = family.prior(trial.kernel()).secondsPerElement();
    if (trial.timings().size() > 1 && determinant > 1e-9 * ss * ee) {
      element = Math.max(0, (ss * e - se * s) / determinant);
    }
    double step = (s - se * element) / ss;
    double alone = s / ss;
    return step >= 0.5 * alone
        ? new MicroKernelCost(step, element)
        : new MicroKernelCost(0.5 * alone, (e - se * 0.5 * alone) / ee);
  }
}
