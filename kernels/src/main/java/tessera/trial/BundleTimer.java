package tessera.trial;

import java.util.List;
import tessera.backend.WeightsForm;
import tessera.measure.Deadline;
import tessera.measure.Outcome;
import tessera.measure.Timing;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MicroKernel;
import tessera.runtime.BundleFiles;

/** Times whole bundles through their C interfaces, beside each other, where their device is. */
@FunctionalInterface
public interface BundleTimer {
  /**
   * What is timed, all of it in turns, in one process, shape by shape.
   *
   * @param bundles of one workload
   * @param references micro-kernels beside them, which are built there; one, or none
   * @param shapes values of the shape variables
   * @param form of the weights that bundles are given which serve both forms
   */
  record Asked(
      List<BundleFiles> bundles,
      List<MicroKernel> references,
      List<List<Long>> shapes,
      TimingPolicy policy,
      WeightsForm form) {}

  /**
   * What came of it.
   *
   * @param outcome OK, or how the first that failed ended
   * @param message why there are no timings, else empty
   * @param timings of [shape][function]: the bundles in order, then the references
   */
  record Timed(Outcome outcome, String message, List<List<Timing>> timings) {
    public static Timed failed(Outcome outcome, String message) {
      return new Timed(outcome, message, List.of());
    }

    public boolean isOk() {
      return outcome == Outcome.OK;
    }
  }

  /** Whether an outcome says something of the bundles: only references are built. */
  static boolean isOfBundles(Outcome outcome) {
    return switch (outcome) {
      case OK, RUN_FAILED, RUN_TIMEOUT, INCORRECT, NOISY -> true;
      case NOT_RUN, BUILD_FAILED, BUILD_TIMEOUT -> false;
    };
  }

  /**
   * @param until when it may begin at the latest
   */
  Timed time(Asked asked, Deadline until);
}
