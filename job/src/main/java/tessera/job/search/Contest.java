package tessera.job.search;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
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
   * @param rankings of micro-kernels on the instances of the contest, each by other predictions
   * @param each how many micro-kernels a ranking gives an instance at most
   * @param most how many micro-kernels come from this source at most, over all instances
   */
  public record Source(List<Ranking> rankings, int each, int most) {}

  /** Every one of some micro-kernels on every instance. */
  public static Contest ofAll(List<MicroKernel> kernels, List<Instance> instances) {
    return new Contest(instances, Collections.nCopies(instances.size(), List.copyOf(kernels)));
  }

  /** Some leaders on every instance, and beside them what should be the fastest on each. */
  public static Contest of(
      List<Instance> instances, List<MicroKernel> leaders, List<Source> sources) {
    List<Set<MicroKernel>> groups = new ArrayList<>();
    instances.forEach(instance -> groups.add(new LinkedHashSet<>(leaders)));
    sources.forEach(source -> add(source, groups));
    return new Contest(instances, groups.stream().map(List::copyOf).toList());
  }

  /** The fastest of each instance first, then the second of each, and so on. */
  private static void add(Source source, List<Set<MicroKernel>> groups) {
    List<List<List<MicroKernel>>> fastest =
        source.rankings().stream().map(known -> fastest(known, source, groups.size())).toList();
    Set<MicroKernel> taken = new HashSet<>();
    for (int rank = 0; rank < source.each(); rank++) {
      for (List<List<MicroKernel>> known : fastest) {
        for (int i = 0; i < groups.size(); i++) {
          if (rank < known.get(i).size()) {
            MicroKernel next = known.get(i).get(rank);
            if (taken.contains(next) || taken.size() < source.most()) {
              taken.add(next);
              groups.get(i).add(next);
            }
          }
        }
      }
    }
  }

  private static List<List<MicroKernel>> fastest(Ranking known, Source source, int instances) {
    return IntStream.range(0, instances)
        .parallel()
        .mapToObj(i -> known.fastest(i, source.each(), MOST_OF_A_KIND))
        .toList();
  }

  /** The same among fewer. */
  public Contest among(Predicate<MicroKernel> taking) {
    return new Contest(
        instances, kernels.stream().map(group -> group.stream().filter(taking).toList()).toList());
  }

  /** All that take part somewhere, the first of each instance first. */
  public List<MicroKernel> everyone() {
    Set<MicroKernel> all = new LinkedHashSet<>();
    int longest = kernels.stream().mapToInt(List::size).max().orElse(0);
    for (int place = 0; place < longest; place++) {
      for (List<MicroKernel> group : kernels) {
        if (place < group.size()) {
          all.add(group.get(place));
        }
      }
    }
    return List.copyOf(all);
  }
}
