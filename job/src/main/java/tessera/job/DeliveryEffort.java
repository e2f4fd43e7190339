package tessera.job;

import tessera.workload.Budget;
import tessera.workload.Workload;

/**
 * How much the end of a run measures.
 *
 * @param leaders micro-kernels that are re-measured to choose the portfolio from
 * @param screened instances on which they are, twice
 * @param rounds timed blocks of each kernel on each instance
 * @param dispatching instances that the dispatcher is trained on
 * @param reported instances that are timed beside the vendors' libraries
 */
record DeliveryEffort(int leaders, int screened, int rounds, int dispatching, int reported) {
  /** Portfolios are seldom larger. */
  private static final int USUAL_PORTFOLIO = 2;

  private static final int USUAL_VENDORS = 2;
  private static final double FIXED_SECONDS = 9;
  private static final double SETTLING_SECONDS = 0.05;
  private static final double BLOCK_SECONDS = 0.0105;

  /** Random data for one byte of an operand. */
  private static final double FILL_SECONDS = 1e-9;

  static DeliveryEffort of(Budget budget, int variables) {
    // a tree over several variables has more to learn
    int dimensions = Math.max(1, variables);
    if (budget.trials() <= Budget.Effort.QUICK.budget().trials()) {
      return new DeliveryEffort(6, 4 + dimensions, 2, 10 * dimensions, 6);
    }
    return budget.trials() <= Budget.Effort.STANDARD.budget().trials()
        ? new DeliveryEffort(10, 5 + dimensions, 2, 20 * dimensions, 10)
        : new DeliveryEffort(12, 6 + 2 * dimensions, 3, 40 * dimensions, 14);
  }

  /** What all this will take, from the work of the instances at 0.8 of a core's peak. */
  double seconds(Workload workload, double peakGflops) {
    int functions = USUAL_PORTFOLIO + USUAL_VENDORS;
    return FIXED_SECONDS
        + 2 * timing(workload, screened, leaders, peakGflops)
        + timing(workload, dispatching, USUAL_PORTFOLIO, peakGflops)
        + timing(workload, reported, functions, peakGflops)
        + SETTLING_SECONDS * rounds * functions * reported;
  }

  private double timing(Workload workload, int instances, int kernels, double peakGflops) {
    return workload.sampled(instances).stream()
        .map(instance -> workload.shape(instance.shape()))
        .mapToDouble(
            shape -> {
              double call = shape.flops() / (0.8e9 * peakGflops);
              double block = call > BLOCK_SECONDS ? call : call + BLOCK_SECONDS;
              return FILL_SECONDS * shape.bytes(workload.dataType())
                  + kernels * (call + rounds * block);
            })
        .sum();
  }
}
