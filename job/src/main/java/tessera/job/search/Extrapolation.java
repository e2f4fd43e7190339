package tessera.job.search;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import tessera.cost.Adaptation;
import tessera.microkernel.KernelFamily;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.SearchSpace;
import tessera.workload.GemmShape;
import tessera.workload.Instance;
import tessera.workload.Workload;

/**
 * Carries a few kernels' times on measured instances over to instances that were not: f_MK is
 * fitted to the measured ones, f_adapt does the rest, and the two nearest measured ones say how far
 * off that is. So a dispatcher learns where tiles fit and where they do not from far more shapes
 * than there is time to measure.
 */
public final class Extrapolation {
  private final SearchSpace space;
  private final Workload workload;
  private final int threads;

  public Extrapolation(SearchSpace space, Workload workload, int threads) {
    this.space = space;
    this.workload = workload;
    this.threads = threads;
  }

  /**
   * @param seconds [kernel][instance]
   */
  public record Table(List<Instance> instances, double[][] seconds) {}

  /**
   * The measured table with up to {@code count} other instances of the workload beside it, which
   * together weigh as much.
   */
  public Table widen(List<MicroKernel> kernels, Table measured, int count) {
    Set<List<Long>> known = new HashSet<>();
    measured.instances().forEach(instance -> known.add(instance.values()));
    List<Instance> others =
        workload.sampled(count).stream().filter(i -> !known.contains(i.values())).toList();
    double factor = weight(measured.instances()) / weight(others);
    List<Instance> all = new ArrayList<>(measured.instances());
    others.forEach(i -> all.add(new Instance(i.values(), i.weight() * factor)));
    double[][] seconds =
        IntStream.range(0, kernels.size())
            .mapToObj(k -> widen(kernels.get(k), measured.instances(), measured.seconds()[k], all))
            .toArray(double[][]::new);
    return new Table(all, seconds);
  }

  private static double weight(List<Instance> instances) {
    return instances.stream().mapToDouble(Instance::weight).sum();
  }

  private double[] widen(
      MicroKernel kernel, List<Instance> known, double[] measured, List<Instance> all) {
    KernelFamily family = space.family(kernel);
    MicroKernelCost cost =
        MeasuredCost.fit(
            known.stream().map(instance -> adaptation(family, kernel, instance)).toList(),
            measured,
            family.prior(kernel));
    double[] seconds = new double[all.size()];
    double[] off = new double[measured.length];
    for (int i = 0; i < seconds.length; i++) {
      double predicted = adaptation(family, kernel, all.get(i)).seconds(cost);
      if (i < measured.length) {
        seconds[i] = measured[i];
        off[i] = measured[i] / predicted;
      } else {
        seconds[i] = predicted * around(all.get(i), known, off);
      }
    }
    return seconds;
  }

  /** The mean of the two nearest known instances, the nearer counting the more. */
  private static double around(Instance instance, List<Instance> known, double[] off) {
    int[] nearest =
        IntStream.range(0, known.size())
            .boxed()
            .sorted(Comparator.comparingDouble(i -> distance(instance, known.get(i))))
            .limit(2)
            .mapToInt(i -> i)
            .toArray();
    double sum = 0;
    double weights = 0;
    for (int i : nearest) {
      double weight = 1 / distance(instance, known.get(i));
      sum += weight * Math.log(off[i]);
      weights += weight;
    }
    return Math.exp(sum / weights);
  }

  /** By how many factors the variables' values differ. */
  private static double distance(Instance a, Instance b) {
    double distance = 0;
    for (int v = 0; v < a.values().size(); v++) {
      distance += Math.abs(Math.log((double) a.values().get(v) / b.values().get(v)));
    }
    return distance;
  }

  private Adaptation adaptation(KernelFamily family, MicroKernel kernel, Instance instance) {
    GemmShape shape = workload.shape(instance.shape());
    return Adaptation.of(family.tiling(kernel), shape, threads);
  }
}
