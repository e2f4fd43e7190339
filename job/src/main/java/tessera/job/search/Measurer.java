package tessera.job.search;

import java.util.List;
import tessera.measure.Trial;
import tessera.microkernel.MicroKernel;

/** Builds, verifies and times candidates: each ends as a trial, whatever happens to it. */
public interface Measurer {
  List<Trial> measure(List<MicroKernel> candidates);
}
