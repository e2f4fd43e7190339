package tessera.job;

import java.util.List;
import tessera.dispatch.LaunchPlan;
import tessera.microkernel.MicroKernel;
import tessera.workload.Instance;

/**
 * What a dispatcher has to choose from.
 *
 * @param alone seconds of [kernel][instance]; what was expected where one was not timed
 * @param plans one for each of the first kernels, which the portfolio consists of
 * @param seconds of [plan][instance]; NaN where one was not timed
 */
record Choice(
    List<MicroKernel> kernels,
    List<Instance> instances,
    double[][] alone,
    List<LaunchPlan> plans,
    double[][] seconds) {}
