package tessera.job;

import java.util.Arrays;
import java.util.List;
import tessera.dispatch.LaunchPlan;
import tessera.microkernel.MicroKernel;
import tessera.workload.Instance;

/**
 * What a dispatcher has to choose from.
 *
 * @param alone seconds of [kernel][instance]
 * @param plans one for each of the first kernels, which the portfolio consists of
 * @param seconds of [plan][instance]
 */
record Choice(
    List<MicroKernel> kernels,
    List<Instance> instances,
    double[][] alone,
    List<LaunchPlan> plans,
    double[][] seconds) {
  /** The same on some of the instances. */
  Choice on(int[] indices) {
    return new Choice(
        kernels,
        Arrays.stream(indices).mapToObj(instances::get).toList(),
        pick(alone, indices),
        plans,
        pick(seconds, indices));
  }

  private static double[][] pick(double[][] seconds, int[] indices) {
    return Arrays.stream(seconds)
        .map(row -> Arrays.stream(indices).mapToDouble(i -> row[i]).toArray())
        .toArray(double[][]::new);
  }
}
