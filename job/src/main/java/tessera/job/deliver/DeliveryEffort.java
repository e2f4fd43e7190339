package tessera.job.deliver;

import java.util.List;
import tessera.backend.Target;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.workload.Budget;
import tessera.workload.Instance;
import tessera.workload.Workload;

/**
 * How much the end of a run measures.
 *
 * @param leaders micro-kernels that are timed on all instances of the contest
 * @param specialists of each of these instances, timed on it too
 * @param fresh micro-kernels among them that the search did not measure, at most
 * @param screened instances of the contest
 * @param again times the fastest of an instance, up to which it is timed a second time there
 * @param rounds timed blocks of each kernel on each instance
 * @param dispatching instances that the dispatcher is trained on
 * @param plausible times the least price of an instance, up to which a micro-kernel is timed there
 *     for the dispatcher
 * @param reported instances that are timed beside the vendors' libraries
 * @param portfolio micro-kernels that are usually chosen
 * @param most micro-kernels that are chosen, so that a bundle has less than 20 MB
 * @param tolerance how much slower than with all contestants a portfolio of fewer may be
 * @param leastGain share of the weighted time that a pair of micro-kernels is to save
 * @param pace how long measuring takes
 */
public record DeliveryEffort(
    int leaders,
    int specialists,
    int fresh,
    int screened,
    double again,
    int rounds,
    int dispatching,
    double plausible,
    int reported,
    int portfolio,
    int most,
    double tolerance,
    double leastGain,
    Pace pace) {
  /**
   * How long measuring takes.
   *
   * @param blockSeconds of one timed block, with the rest after it; longer if its only call is
   * @param calls of a function on an instance before it is timed, so long as others are slower than
   *     those that are estimated
   * @param loadSeconds of a function, and to check it
   * @param settlingSeconds what passes between functions that are timed beside each other
   * @param fillSeconds of a random byte of an operand
   * @param publishSeconds of a bundle, with the training of its dispatcher
   */
  record Pace(
      double blockSeconds,
      double calls,
      double loadSeconds,
      double settlingSeconds,
      double fillSeconds,
      double publishSeconds) {
    private static final Pace CPU = new Pace(0.0105, 1, 0, 0.05, 1e-9, 6);

    /* Seen in runs on H200s, of BERT's layers and of a language model's; tensor cores rest between blocks. */
    private static final Pace CUDA_CORES = new Pace(0.0013, 12, 0.003, 0, 2e-10, 5);
    private static final Pace TENSOR_CORES = new Pace(0.0013, 25, 0.003, 0, 2e-10, 5);

    /** Of one function. */
    double seconds(double call, int blocks) {
      return calls * call + blocks * (call > blockSeconds ? call : call + blockSeconds);
    }
  }

  private static final int MOST_HELD_OUT = 16;

  private static final int USUAL_VENDORS = 2;

  /** Micro-kernels that are usually near the fastest of an instance. */
  private static final int REPORTED_CONTENDERS = 4;

  /** The most of a budget that a search leaves to what comes behind it. */
  private static final double MOST_RESERVED = 0.55;

  private static final int CPU_PORTFOLIO = 2;

  /** Kernels and pairs beside the portfolio. */
  private static final int OTHERS = 2;

  private static final double CPU_TOLERANCE = 0.01;

  /* A GPU times ten kernels while a CPU times one, and to a thousandth. */
  private static final int GPU_FACTOR = 2;
  private static final int GPU_SCREENED = 10;

  /** Of so few trials most can be timed on all. */
  private static final int GPU_QUICK_LEADERS = 16;

  private static final int GPU_QUICK_SCREENED = 40;

  private static final double GPU_LEAST_GAIN = 0.003;

  /* In a bundle one takes a third of a megabyte, or a whole one with unrolled loops and PTX. */
  private static final int MOST_FOR_TENSOR_CORES = 30;
  private static final int MOST_FOR_CUDA_CORES = 14;

  /** One instance of a hundred may lose 5%. */
  private static final double GPU_TOLERANCE = 0.0005;

  private static final double GPU_AGAIN = 1.05;
  private static final double GPU_AGAIN_SHARE = 0.4;
  private static final double GPU_PLAUSIBLE = 1.25;
  private static final double GPU_PLAUSIBLE_SHARE = 0.55;

  /** Of a budget's trials, for the contest. */
  private static final double FRESH_SHARE = 0.5;

  /** Of specialists: what was measured, and what two models expect; they share some. */
  private static final int SOURCES = 2;

  /** Of a budget's seconds, to find and build what the search did not. */
  private static final double FRESH_SECONDS_SHARE = 0.2;

  public static DeliveryEffort of(Budget budget, Workload workload, Target target) {
    DeliveryEffort onCpu = onCpu(budget, Math.max(1, workload.variables().size()));
    return target instanceof CudaTarget
        ? onCpu.onGpu(budget, workload.numerics().usesTensorCores())
        : onCpu;
  }

  /** Short and long instances want unlike micro-kernels there: the contest has many instances. */
  private DeliveryEffort onGpu(Budget budget, boolean tensorCores) {
    boolean quick = isWithin(budget, Budget.Effort.QUICK);
    int instances = quick ? GPU_QUICK_SCREENED : GPU_SCREENED * (leaders - 4);
    int most = tensorCores ? MOST_FOR_TENSOR_CORES : MOST_FOR_CUDA_CORES;
    return new DeliveryEffort(
        quick ? GPU_QUICK_LEADERS : leaders / 2,
        leaders - 2,
        quick ? 0 : (int) (FRESH_SHARE * budget.trials()),
        instances,
        GPU_AGAIN,
        rounds,
        GPU_FACTOR * dispatching + instances / 4,
        GPU_PLAUSIBLE,
        GPU_FACTOR * reported,
        most,
        most,
        GPU_TOLERANCE,
        GPU_LEAST_GAIN,
        tensorCores ? Pace.TENSOR_CORES : Pace.CUDA_CORES);
  }

  private static boolean isWithin(Budget budget, Budget.Effort effort) {
    return budget.trials() <= effort.budget().trials();
  }

  /**
   * @param dimensions shape variables; a tree over several has more to learn
   */
  private static DeliveryEffort onCpu(Budget budget, int dimensions) {
    if (isWithin(budget, Budget.Effort.QUICK)) {
      return onCpu(6, 4 + dimensions, 2, 10 * dimensions, 6);
    }
    return isWithin(budget, Budget.Effort.STANDARD)
        ? onCpu(10, 5 + dimensions, 2, 20 * dimensions, 10)
        : onCpu(12, 6 + 2 * dimensions, 3, 40 * dimensions, 14);
  }

  private static DeliveryEffort onCpu(
      int leaders, int screened, int rounds, int dispatching, int reported) {
    return new DeliveryEffort(
        leaders,
        0,
        0,
        screened,
        Double.POSITIVE_INFINITY,
        rounds,
        dispatching,
        Double.POSITIVE_INFINITY,
        reported,
        CPU_PORTFOLIO,
        leaders,
        CPU_TOLERANCE,
        CPU_TOLERANCE,
        Pace.CPU);
  }

  /**
   * The instances of the contest, a quarter of them at least: where short ones have their own, they
   * are closer together.
   *
   * @param share of the contest that there is time for
   */
  public List<Instance> screened(Workload workload, double share) {
    int count = (int) Math.round(screened * Math.min(1, Math.max(0.25, share)));
    return specialists > 0 ? workload.sampledTowardsShort(count) : workload.sampled(screened);
  }

  /**
   * What all this will take, from the work of the instances at 0.8 of the peak.
   *
   * @param instances of the contest
   */
  double seconds(Workload workload, int instances, double peakGflops) {
    return contestSeconds(workload, instances, peakGflops)
        + dispatchSeconds(workload, portfolio, peakGflops)
        + reportSeconds(workload, peakGflops)
        + publishSeconds();
  }

  /**
   * What the search leaves of a budget. Where budgets are small, all that comes behind the search
   * is cut short too, and not the search alone.
   */
  public double reservedSeconds(
      Workload workload, Budget budget, boolean fresh, double peakGflops) {
    double wanted = seconds(workload, screened, peakGflops) + (fresh ? freshSeconds(budget) : 0);
    return Math.min(MOST_RESERVED * budget.seconds(), wanted);
  }

  /** Of a budget, for finding and building what the search did not. */
  double freshSeconds(Budget budget) {
    return FRESH_SECONDS_SHARE * budget.seconds();
  }

  double contestSeconds(Workload workload, double peakGflops) {
    return contestSeconds(workload, screened, peakGflops);
  }

  private double contestSeconds(Workload workload, int instances, double peakGflops) {
    int kernels = leaders + SOURCES * specialists;
    return (1 + (Double.isInfinite(again) ? 1 : GPU_AGAIN_SHARE))
            * timing(workload, instances, kernels, rounds, peakGflops)
        + instances * kernels * pace.loadSeconds();
  }

  /** Instances on which the finished dispatcher is tried. */
  int heldOut() {
    return Math.min(MOST_HELD_OUT, dispatching / 4);
  }

  private double dispatchSeconds(Workload workload, int kernels, double peakGflops) {
    int all = kernels + OTHERS;
    return (Double.isInfinite(plausible) ? 1 : GPU_PLAUSIBLE_SHARE)
            * timing(workload, dispatching, all, rounds, peakGflops)
        + timing(workload, heldOut(), all, rounds, peakGflops);
  }

  /** What timing beside the vendors' libraries will take. */
  double reportSeconds(Workload workload, double peakGflops) {
    int functions = Math.min(portfolio, REPORTED_CONTENDERS) + USUAL_VENDORS;
    int beside = DeliveryTimer.REPORT_ROUNDS;
    return timing(workload, reported, functions, beside, peakGflops)
        + pace.settlingSeconds() * beside * functions * reported;
  }

  /** What training the dispatcher, and compiling and writing the bundle will take. */
  double publishSeconds() {
    return pace.publishSeconds();
  }

  private double timing(
      Workload workload, int instances, int kernels, int blocks, double peakGflops) {
    return workload.sampled(instances).stream()
        .map(instance -> workload.shape(instance.shape()))
        .mapToDouble(
            shape ->
                pace.fillSeconds() * workload.numerics().bytes(shape)
                    + kernels * pace.seconds(shape.flops() / (0.8e9 * peakGflops), blocks))
        .sum();
  }
}
