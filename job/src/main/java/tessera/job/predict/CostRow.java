package tessera.job.predict;

import java.util.List;
import tessera.cost.LearnedCost;
import tessera.measure.Timing;
import tessera.microkernel.Adaptation;
import tessera.microkernel.KernelFamily;
import tessera.microkernel.SearchSpace;
import tessera.trial.Trial;

/**
 * A timing as the learned cost model sees it.
 *
 * @param features of {@link LearnedCost#features}
 * @param ratio elements moved for each padded multiply-add
 * @param label logarithm of measured over prior time of a padded multiply-add
 */
public record CostRow(double[] features, double ratio, double label) {
  /** A row for each probe of a trial of a space. */
  public static List<CostRow> of(SearchSpace space, Trial trial, double peakGflops) {
    return of(space, space.family(trial.kernel()), trial, peakGflops);
  }

  /**
   * A row for each probe of a trial that was measured for another workload or on another target.
   *
   * @param space whose features the rows have
   * @param measured the micro-kernel's family there
   * @param peakGflops of the target there
   */
  public static List<CostRow> of(
      SearchSpace space, KernelFamily measured, Trial trial, double peakGflops) {
    return trial.timings().stream()
        .map(timing -> of(space, measured, trial, timing, peakGflops))
        .toList();
  }

  private static CostRow of(
      SearchSpace space, KernelFamily measured, Trial trial, Timing timing, double peakGflops) {
    Adaptation adaptation = measured.tiling(trial.kernel()).adaptation(timing.problem().gemm(), 1);
    double ratio = adaptation.elements() / adaptation.steps();
    double perStep = adaptation.withoutCall(timing.seconds(peakGflops)) / adaptation.steps();
    return new CostRow(
        LearnedCost.features(space, measured, trial.kernel(), ratio),
        ratio,
        Math.log(perStep / LearnedCost.priorPerStep(measured, trial.kernel(), ratio)));
  }
}
