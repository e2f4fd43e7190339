package tessera.microkernel;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * A space of listed micro-kernels, such as those of a trial log: what is drawn, a neighbour or a
 * mixture is always one of them, so that it is known how it ended.
 */
final class ListedSpace extends SearchSpace {
  /** How many of the nearest to a micro-kernel are its neighbours. */
  private static final int NEIGHBOURS = 8;

  private final List<MicroKernel> listed;
  private final Map<MicroKernel, List<MicroKernel>> neighbours = new HashMap<>();

  ListedSpace(List<KernelFamily> families, Collection<MicroKernel> kernels) {
    super(families);
    this.listed =
        kernels.stream().distinct().sorted(Comparator.comparing(MicroKernel::key)).toList();
    if (listed.isEmpty()) {
      throw new IllegalArgumentException("a space needs a micro-kernel");
    }
  }

  /** Each of them is as likely. */
  @Override
  public MicroKernel sample(SplittableRandom random) {
    return listed.get(random.nextInt(listed.size()));
  }

  /** One of the few that are nearest to it; the kernel itself where its family has no other. */
  @Override
  public MicroKernel mutate(MicroKernel kernel, SplittableRandom random) {
    List<MicroKernel> near;
    synchronized (neighbours) {
      near = neighbours.computeIfAbsent(kernel, this::neighbours);
    }
    return near.isEmpty() ? kernel : near.get(random.nextInt(near.size()));
  }

  private List<MicroKernel> neighbours(MicroKernel kernel) {
    return listed.stream()
        .filter(other -> other.family().equals(kernel.family()) && !other.equals(kernel))
        .sorted(Comparator.comparingInt(other -> distance(kernel, other)))
        .limit(NEIGHBOURS)
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
    MicroKernel mixture = new MicroKernel(first.family(), values);
    return listed.stream()
        .filter(other -> other.family().equals(first.family()))
        .min(Comparator.comparingInt(other -> distance(mixture, other)))
        .orElse(first);
  }

  /** Steps from choice to neighbouring choice, over all parameters. */
  private int distance(MicroKernel one, MicroKernel other) {
    return family(one).parameters().stream()
        .mapToInt(parameter -> Math.abs(place(parameter, one) - place(parameter, other)))
        .sum();
  }

  private static int place(Parameter parameter, MicroKernel kernel) {
    return parameter.choices().indexOf(kernel.get(parameter.name()));
  }
}
