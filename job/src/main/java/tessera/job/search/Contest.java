package tessera.job.search;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import tessera.microkernel.MicroKernel;
import tessera.workload.Instance;

/**
 * Which micro-kernels are timed on which real instances. Predictions are closer together than they
 * are exact, so that the fastest of an instance is found among those that should be nearly so.
 *
 * @param kernels for each instance
 */
public record Contest(List<Instance> instances, List<List<MicroKernel>> kernels) {
  /** Every one of some micro-kernels on every instance. */
  public static Contest ofAll(List<MicroKernel> kernels, List<Instance> instances) {
    return new Contest(instances, Collections.nCopies(instances.size(), List.copyOf(kernels)));
  }

  /**
   * @param population of what was measured or is expected, on the same instances
   * @param leaders that are timed on every instance
   * @param specialists of each instance, timed on it beside the leaders
   * @param mostOfAKind specialists of one kind
   */
  public static Contest of(
      Population population,
      List<Instance> instances,
      List<MicroKernel> leaders,
      int specialists,
      int mostOfAKind) {
    List<List<MicroKernel>> kernels = new ArrayList<>();
    for (int i = 0; i < instances.size(); i++) {
      Set<MicroKernel> heat = new LinkedHashSet<>(leaders);
      heat.addAll(population.fastest(i, specialists, mostOfAKind));
      kernels.add(List.copyOf(heat));
    }
    return new Contest(instances, kernels);
  }

  /** All that take part somewhere. */
  public List<MicroKernel> everyone() {
    Set<MicroKernel> all = new LinkedHashSet<>();
    kernels.forEach(all::addAll);
    return List.copyOf(all);
  }
}
