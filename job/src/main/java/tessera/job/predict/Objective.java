package tessera.job.predict;

import java.util.List;
import tessera.microkernel.KernelFamily;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.SearchSpace;
import tessera.operator.GemmShape;
import tessera.workload.Instance;
import tessera.workload.Workload;

/**
 * The joint objective over all instances. An instance's latency counts relative to the fastest that
 * is known for it, so that short inputs matter as much as long ones of the same weight.
 */
public final class Objective {
  private final SearchSpace space;
  private final int threads;
  private final GemmShape[] shapes;
  private final double[] weights;

  public Objective(Workload workload, List<Instance> instances, SearchSpace space, int threads) {
    this.space = space;
    this.threads = threads;
    this.shapes = instances.stream().map(i -> workload.shape(i.shape())).toArray(GemmShape[]::new);
    this.weights = instances.stream().mapToDouble(Instance::weight).toArray();
  }

  /** Predicted seconds of a micro-kernel on each instance: f_MK times f_adapt. */
  public double[] seconds(MicroKernel kernel, MicroKernelCost cost) {
    KernelFamily family = space.family(kernel);
    double[] seconds = new double[shapes.length];
    for (int i = 0; i < shapes.length; i++) {
      seconds[i] = family.tiling(kernel).adaptation(shapes[i], threads).seconds(cost);
    }
    return seconds;
  }

  /** No kernel yet: nothing is known. */
  public double[] unknown() {
    double[] best = new double[shapes.length];
    java.util.Arrays.fill(best, Double.POSITIVE_INFINITY);
    return best;
  }

  /**
   * The weighted mean, over instances, of the faster of both times relative to {@code best}; less
   * is better.
   */
  public double withBest(double[] seconds, double[] best) {
    double sum = 0;
    for (int i = 0; i < seconds.length; i++) {
      sum += weights[i] * Math.min(1, seconds[i] / best[i]);
    }
    return sum;
  }

  /** The weighted mean, over instances, of the time relative to {@code best}; less is better. */
  public double relative(double[] seconds, double[] best) {
    double sum = 0;
    for (int i = 0; i < seconds.length; i++) {
      sum += weights[i] * seconds[i] / best[i];
    }
    return sum;
  }

  /** {@link #relative} of the lesser of two times of each instance. */
  public double relativeOfLeast(double[] a, double[] b, double[] best) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += weights[i] * Math.min(a[i], b[i]) / best[i];
    }
    return sum;
  }

  /** The weighted mean when each instance takes the given time. */
  public double meanSeconds(double[] seconds) {
    double time = 0;
    double weight = 0;
    for (int i = 0; i < seconds.length; i++) {
      time += weights[i] * seconds[i];
      weight += weights[i];
    }
    return time / weight;
  }

  /** Weighted GFLOP/s when each instance takes the given time. */
  public double gflops(double[] seconds) {
    double flops = 0;
    double time = 0;
    for (int i = 0; i < seconds.length; i++) {
      flops += weights[i] * shapes[i].flops();
      time += weights[i] * seconds[i];
    }
    return 1e-9 * flops / time;
  }
}
