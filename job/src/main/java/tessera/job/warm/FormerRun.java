package tessera.job.warm;

import java.util.List;
import java.util.OptionalDouble;
import tessera.backend.Hardware;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.trial.Trial;
import tessera.workload.Preparation;
import tessera.workload.Workload;

/**
 * A run that was measured before.
 *
 * @param name of its folder, or of a bundle whose run is not there
 * @param hardware that it was measured on
 * @param workload that it was for; its instances do not matter
 * @param trials that it logged; none where its log is not there
 * @param portfolio micro-kernels of its bundle; none where it has none
 * @param tieBand share by which its repeated timings differed; empty where nothing tells
 */
public record FormerRun(
    String name,
    Hardware hardware,
    Workload workload,
    List<Trial> trials,
    List<MicroKernel> portfolio,
    OptionalDouble tieBand) {
  public FormerRun {
    trials = List.copyOf(trials);
    portfolio = List.copyOf(portfolio);
  }

  /** What it knows of one form of weights: all where it had no choice. */
  FormerRun of(Preparation form) {
    if (!workload.preparesToo()) {
      return this;
    }
    Workload single = workload.preparing(form);
    SearchSpace space = hardware.space(single);
    return new FormerRun(
        name,
        hardware,
        single,
        trials.stream().filter(trial -> space.covers(trial.kernel())).toList(),
        portfolio.stream().filter(space::covers).toList(),
        tieBand);
  }
}
