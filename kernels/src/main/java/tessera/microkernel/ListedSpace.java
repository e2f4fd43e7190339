package tessera.microkernel;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A space of listed micro-kernels, such as those of a trial log: what is drawn, a neighbour or a
 * mixture is always one of them, so that it is known how it ended.
 */
final class ListedSpace extends SearchSpace {
  /** How many of the nearest to a micro-kernel are its neighbours. */
  private static final int NEIGHBOURS = 8;

  private final List<MicroKernel> listed;
  private final Map<String, List<Point>> families = new HashMap<>();
  private final Map<MicroKernel, List<MicroKernel>> neighbours = new ConcurrentHashMap<>();

  /** Where a micro-kernel lies among the choices of each parameter of its family. */
  private record Point(MicroKernel kernel, int[] places) {
    /** Steps from choice to neighbouring choice, over all parameters. */
    int distance(Point other) {
      int steps = 0;
      for (int i = 0; i < places.length; i++) {
        steps += Math.abs(places[i] - other.places[i]);
      }
      return steps;
    }
  }

  ListedSpace(List<KernelFamily> families, Collection<MicroKernel> kernels) {
    super(families);
    this.listed =
        kernels.stream().distinct().sorted(Comparator.comparing(MicroKernel::key)).toList();
    if (listed.isEmpty()) {
      throw new IllegalArgumentException("a space needs a micro-kernel");
    }
    listed.forEach(
        kernel ->
            this.families
                .computeIfAbsent(kernel.family(), family -> new ArrayList<>())
                .add(point(kernel)));
  }

  private Point point(MicroKernel kernel) {
    return new Point(
        kernel,
        family(kernel).parameters().stream()
            .mapToInt(parameter -> parameter.choices().indexOf(kernel.get(parameter.name())))
            .toArray());
  }

  /** Each of them is as likely. */
  @Override
  public MicroKernel sample(SplittableRandom random) {
    return listed.get(random.nextInt(listed.size()));
  }

  /** The listed one with the fewest steps between. */
  @Override
  public Optional<MicroKernel> nearest(MicroKernel kernel) {
    if (!covers(kernel)) {
      return Optional.empty();
    }
    Point own = point(kernel);
    return families.getOrDefault(kernel.family(), List.of()).stream()
        .min(Comparator.comparingInt(own::distance))
        .map(Point::kernel);
  }

  /** One of the few that are nearest to it; the kernel itself where its family has no other. */
  @Override
  public MicroKernel mutate(MicroKernel kernel, SplittableRandom random) {
    List<MicroKernel> near = neighbours.computeIfAbsent(kernel, this::neighbours);
    return near.isEmpty() ? kernel : near.get(random.nextInt(near.size()));
  }

  private List<MicroKernel> neighbours(MicroKernel kernel) {
    Point own = point(kernel);
    return families.getOrDefault(kernel.family(), List.of()).stream()
        .filter(other -> !other.kernel().equals(kernel))
        .sorted(Comparator.comparingInt(own::distance))
        .limit(NEIGHBOURS)
        .map(Point::kernel)
        .toList();
  }

  /**
   * The one that is nearest to a mixture of both parents; the first where their families differ.
   */
  @Override
  public MicroKernel cross(MicroKernel first, MicroKernel second, SplittableRandom random) {
    if (!first.family().equals(second.family())) {
      return first;
    }
    Map<String, Integer> values = new TreeMap<>();
    first
        .parameters()
        .forEach(
            (name, value) -> values.put(name, random.nextBoolean() ? value : second.get(name)));
    Point mixture = point(new MicroKernel(first.family(), values));
    return families.getOrDefault(first.family(), List.of()).stream()
        .min(Comparator.comparingInt(mixture::distance))
        .map(Point::kernel)
        .orElse(first);
  }
}
