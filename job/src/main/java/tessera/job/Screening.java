package tessera.job;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tessera.microkernel.MicroKernel;
import tessera.workload.GemmShape;
import tessera.workload.Instance;

/**
 * The leaders of a search on real instances: those that work there and are nearly the fastest
 * somewhere, timed in two passes.
 *
 * @param kernels that may be chosen
 * @param passes seconds of [kernel][instance] in each pass
 */
record Screening(List<MicroKernel> kernels, List<Instance> instances, double[][][] passes) {
  /** Times the fastest known; farther behind it is no kernel's luck. */
  private static final double NEARLY = 1.05;

  /**
   * @param count instances that they are timed on
   * @throws IllegalStateException when none of them works
   */
  static Screening of(List<MicroKernel> leaders, TuningRun run, InstanceTimes times, int count) {
    List<Instance> instances = run.workload().sampled(count);
    Passes passes = new Passes(times, times.shapes(instances), run.progress());
    Measured first = passes.first(leaders);
    List<MicroKernel> kept = new ArrayList<>();
    List<double[]> seconds = new ArrayList<>();
    for (int kernel = 0; kernel < first.kernels().size(); kernel++) {
      if (contends(first.seconds(), kernel)) {
        kept.add(first.kernels().get(kernel));
        seconds.add(first.seconds()[kernel]);
      }
    }
    double[][] second = times.of(kept, passes.shapes());
    return new Screening(
        kept, instances, new double[][][] {seconds.toArray(double[][]::new), second});
  }

  /** Whether a kernel is nearly the fastest on some instance: others cannot be chosen. */
  private static boolean contends(double[][] seconds, int kernel) {
    return IntStream.range(0, seconds[kernel].length)
        .anyMatch(i -> seconds[kernel][i] <= NEARLY * fastest(seconds, i));
  }

  private static double fastest(double[][] seconds, int instance) {
    return Arrays.stream(seconds).mapToDouble(kernel -> kernel[instance]).min().orElseThrow();
  }

  /** Seconds of [kernel][shape]. */
  private record Measured(List<MicroKernel> kernels, double[][] seconds) {}

  /** What times some shapes. */
  private record Passes(InstanceTimes times, List<GemmShape> shapes, Progress progress) {
    /**
     * Without those that cannot be built for all shapes, or fail: each costs no more than itself.
     */
    Measured first(List<MicroKernel> leaders) {
      List<MicroKernel> built = times.buildable(leaders, shapes);
      if (built.isEmpty()) {
        throw new IllegalStateException("none of the best can be built for all instances");
      }
      try {
        return new Measured(built, times.of(built, shapes));
      } catch (IllegalStateException e) {
        progress.remark("one of the best fails beside the others: " + e.getMessage());
        List<MicroKernel> working = working(built);
        if (working.isEmpty()) {
          throw e;
        }
        return new Measured(working, times.of(working, shapes));
      }
    }

    /** Those that do not fail: by halves, since few do. */
    private List<MicroKernel> working(List<MicroKernel> kernels) {
      int half = kernels.size() / 2;
      return half == 0
          ? kernels.stream().filter(kernel -> work(List.of(kernel))).toList()
          : Stream.of(kernels.subList(0, half), kernels.subList(half, kernels.size()))
              .flatMap(some -> (work(some) ? some : working(some)).stream())
              .toList();
    }

    private boolean work(List<MicroKernel> kernels) {
      try {
        times.of(kernels, shapes);
        return true;
      } catch (IllegalStateException e) {
        return false;
      }
    }
  }
}
