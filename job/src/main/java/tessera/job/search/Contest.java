package tessera.job.search;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import tessera.microkernel.MicroKernel;
import tessera.workload.Instance;

/**
 * Which micro-kernels are timed on which real instances. Predictions are closer together than they
 * are exact, so that the fastest of an instance is found among those that should be nearly so.
 *
 * @param kernels for each instance
 */
public record Contest(List<Instance> instances, List<List<MicroKernel>> kernels) {
  /** Micro-kernels of one family, schedule and tile that are timed on an instance. */
  public static final int MOST_OF_A_KIND = 2;

  /**
   * Where the contestants of single instances come from.
   *
   * @param population that knows them on the instances of the contest
   * @param each of an instance
   * @param most of all instances
   */
  public record Source(Population population, int each, int most) {}

  /** Every one of some micro-kernels on every instance. */
  public static Contest ofAll(List<MicroKernel> kernels, List<Instance> instances) {
    return new Contest(instances, Collections.nCopies(instances.size(), List.copyOf(kernels)));
  }

  /** Some leaders on every instance, and beside them what should be the fastest on each. */
  public static Contest of(
      List<Instance> instances, List<MicroKernel> leaders, List<Source> sources) {
    List<Set<MicroKernel>> heats = new ArrayList<>();
    instances.forEach(instance -> heats.add(new LinkedHashSet<>(leaders)));
    sources.forEach(source -> add(source, heats));
    return new Contest(instances, heats.stream().map(List::copyOf).toList());
  }

  /** The fastest of each instance first, then the second of each, and so on. */
  private static void add(Source source, List<Set<MicroKernel>> heats) {
    List<List<MicroKernel>> fastest =
        IntStream.range(0, heats.size())
            .parallel()
            .mapToObj(i -> source.population().fastest(i, source.each(), MOST_OF_A_KIND))
            .toList();
    Set<MicroKernel> taken = new HashSet<>();
    for (int rank = 0; rank < source.each(); rank++) {
      for (int i = 0; i < heats.size(); i++) {
        if (rank < fastest.get(i).size()) {
          MicroKernel next = fastest.get(i).get(rank);
          if (taken.contains(next) || taken.size() < source.most()) {
            taken.add(next);
            heats.get(i).add(next);
          }
        }
      }
    }
  }

  /** All that take part somewhere. */
  public List<MicroKernel> everyone() {
    Set<MicroKernel> all = new LinkedHashSet<>();
    kernels.forEach(all::addAll);
    return List.copyOf(all);
  }
}
