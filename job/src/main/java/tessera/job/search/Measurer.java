package tessera.job.search;

import java.util.List;
import tessera.measure.Deadline;
import tessera.microkernel.MicroKernel;
import tessera.trial.Trial;

/** Builds, verifies and times candidates: each ends as a trial, whatever happens to it. */
public interface Measurer {
  /**
   * @param until when the last candidate may begin; those whose turn comes later are left out
   * @return the trials of all others, in order
   */
  List<Trial> measure(List<MicroKernel> candidates, Deadline until);

  /** How many devices measure side by side, as far as that is known. */
  default int devices() {
    return 1;
  }
}
