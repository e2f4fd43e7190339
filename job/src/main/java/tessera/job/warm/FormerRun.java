package tessera.job.warm;

import java.util.List;
import java.util.OptionalDouble;
import tessera.backend.Hardware;
import tessera.microkernel.MicroKernel;
import tessera.trial.Trial;
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
}
