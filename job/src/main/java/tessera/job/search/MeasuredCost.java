package tessera.job.search;

import java.util.List;
import tessera.cost.Adaptation;
import tessera.measure.Timing;
import tessera.measure.Trial;
import tessera.microkernel.KernelFamily;
import tessera.microkernel.MicroKernelCost;

/** f_MK of a micro-kernel from its own measurements: two probes, two unknowns. */
public final class MeasuredCost {
  private MeasuredCost() {}

  /**
   * The cost that explains both probes; where they leave an unknown open or negative, the prior
   * fills it.
   */
  public static MicroKernelCost of(KernelFamily family, Trial trial, double peakGflops) {
    MicroKernelCost prior = family.prior(trial.kernel());
    List<Timing> timings = trial.timings();
    Adaptation full = adaptation(family, trial, timings.get(0));
    double fullSeconds = timings.get(0).seconds(peakGflops);
    double element = prior.secondsPerElement();
    if (timings.size() > 1) {
      Adaptation tile = adaptation(family, trial, timings.get(1));
      double tileSeconds = timings.get(1).seconds(peakGflops);
      double determinant = full.steps() * tile.elements() - tile.steps() * full.elements();
      double solved = (full.steps() * tileSeconds - tile.steps() * fullSeconds) / determinant;
      element = Double.isFinite(solved) ? Math.max(0, solved) : element;
    }
    double step = (fullSeconds - element * full.elements()) / full.steps();
    double least = 0.5 * fullSeconds / full.steps();
    return step >= least
        ? new MicroKernelCost(step, element)
        : new MicroKernelCost(least, (fullSeconds - least * full.steps()) / full.elements());
  }

  private static Adaptation adaptation(KernelFamily family, Trial trial, Timing timing) {
    return Adaptation.of(family.tiling(trial.kernel()), timing.shape(), 1);
  }
}
