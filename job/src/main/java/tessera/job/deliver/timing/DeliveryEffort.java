package tessera.job.deliver.timing;

import java.util.List;
import tessera.backend.Hardware;
import tessera.effort.DeliveryTraits;
import tessera.effort.EffortRow;
import tessera.job.run.TuningRun;
import tessera.workload.Budget;
import tessera.workload.Instance;
import tessera.workload.Workload;
import tessera.workload.timed.Coverage;

/**
 * How much the end of a run measures: what its effort and its kind of device ask for a workload.
 *
 * @param row what the effort asks of the kind of device
 * @param traits what the kind of device wants, whatever the effort
 * @param unmeasured contestants that the search did not measure, at most
 * @param contestInstances instances of the contest
 * @param dispatching instances that the dispatcher is trained on
 */
public record DeliveryEffort(
    EffortRow row, DeliveryTraits traits, int unmeasured, int contestInstances, int dispatching) {
  /** Instances on which the finished dispatcher is tried at most: enough for a mean regret. */
  private static final int MOST_HELD_OUT = 16;

  /** A library is timed with plain weights and with prepared ones. */
  private static final int FORMS = 2;

  /** Micro-kernels that are usually near the fastest of an instance. */
  private static final int REPORTED_CONTENDERS = 4;

  /** The most of a budget that a search leaves to what comes behind it. */
  private static final double MOST_RESERVED = 0.55;

  /** Kernels and pairs beside the portfolio. */
  private static final int OTHERS = 2;

  /**
   * Sources of specialists, as estimates assume: the search's trials and two models are three, and
   * they have some in common.
   */
  private static final int SOURCES = 2;

  /** The share of a budget's seconds for finding and building what the search did not measure. */
  private static final double UNMEASURED_SECONDS_SHARE = 0.2;

  /** What a run asks. */
  public static DeliveryEffort of(TuningRun run) {
    Hardware hardware = run.hardware();
    return of(
        run.effort(),
        hardware
            .deliveryTraits(run.workload())
            .beside(FORMS * run.peers().size())
            .onThreads(run.settings().threads()),
        run.settings().budget(),
        Math.max(1, run.workload().variables().size()));
  }

  /**
   * @param variables of a shape, at least one
   */
  public static DeliveryEffort of(
      EffortRow row, DeliveryTraits traits, Budget budget, int variables) {
    return new DeliveryEffort(
        row,
        traits,
        (int) (row.unmeasuredShare() * budget.trials()),
        row.contest() + row.contestPerVariable() * variables,
        row.dispatch() + row.dispatchPerVariable() * variables);
  }

  /** Micro-kernels that are timed on all instances of the contest. */
  public int leaders() {
    return row.leaders();
  }

  /** Micro-kernels of each instance of the contest that are timed on it too. */
  public int specialists() {
    return row.specialists();
  }

  /** Timed blocks of each kernel on each instance. */
  public int rounds() {
    return row.rounds();
  }

  /** Instances that are timed beside the vendors' libraries. */
  int reported() {
    return row.reported();
  }

  /** Micro-kernels that a bundle has at most, but for those for what lies beyond the range. */
  public int most() {
    return Math.min(row.mostKernels(), traits.mostKernels());
  }

  /**
   * The instances of the contest. Where short ones have micro-kernels of their own, these are
   * closer together, and fewer where time is short.
   *
   * @param share of the contest that there is time for; at least a quarter counts
   */
  List<Instance> contestInstances(Workload workload, double share) {
    if (!traits.towardsShort()) {
      return workload.sampled(contestInstances);
    }
    int count = (int) Math.round(contestInstances * Math.min(1, Math.max(0.25, share)));
    return workload.sampledTowardsShort(count);
  }

  /**
   * What all this will take, from the work of the instances at 0.8 of the peak.
   *
   * @param instances of the contest
   */
  public double seconds(Workload workload, int instances, double peakGflops) {
    return contestSeconds(workload, instances, peakGflops)
        + dispatchSeconds(workload, peakGflops)
        + reportSeconds(workload, peakGflops)
        + publishSeconds();
  }

  /**
   * What the search leaves of a budget. Where budgets are small, all that comes behind the search
   * is cut short too, and not the search alone.
   *
   * @param others seconds for other instances that are timed too
   */
  public double reservedSeconds(
      Workload workload, Budget budget, boolean unmeasured, double peakGflops, double others) {
    double wanted =
        seconds(workload, contestInstances, peakGflops)
            + others
            + (unmeasured ? unmeasuredSeconds(budget) : 0);
    return Math.min(MOST_RESERVED * budget.seconds(), wanted);
  }

  /** Seconds of a budget for finding and building what the search did not measure. */
  public double unmeasuredSeconds(Budget budget) {
    return UNMEASURED_SECONDS_SHARE * budget.seconds();
  }

  public double contestSeconds(Workload workload, double peakGflops) {
    return contestSeconds(workload, contestInstances, peakGflops);
  }

  private double contestSeconds(Workload workload, int instances, double peakGflops) {
    return contestSeconds(workload, workload.sampled(instances), peakGflops);
  }

  /** What a contest on some instances takes. */
  double contestSeconds(Workload workload, List<Instance> instances, double peakGflops) {
    int kernels = leaders() + SOURCES * specialists();
    return (1 + traits.remeasuredShare())
            * timing(workload, instances, kernels, rounds(), peakGflops)
        + instances.size() * kernels * traits.pace().loadSeconds();
  }

  /** Instances on which the finished dispatcher is tried. */
  int heldOut() {
    return Math.max(1, Math.min(MOST_HELD_OUT, dispatching / 4));
  }

  /** As many of some, or as many as bring all of them close to one. */
  int heldOutOf(Workload some) {
    int least =
        Math.min(
            MOST_HELD_OUT, Coverage.of(some, some.sampled(2), MOST_HELD_OUT).instances().size());
    return Math.max(heldOut(), least);
  }

  private double dispatchSeconds(Workload workload, double peakGflops) {
    return dispatchSeconds(workload, workload.sampled(dispatching), peakGflops)
        + timing(workload, workload.sampled(heldOut()), delivered(), rounds(), peakGflops);
  }

  /** What timing on some instances for the dispatcher takes. */
  double dispatchSeconds(Workload workload, List<Instance> instances, double peakGflops) {
    return traits.contenderShare() * timing(workload, instances, delivered(), rounds(), peakGflops);
  }

  private int delivered() {
    return traits.usualKernels() + OTHERS;
  }

  /** What timing beside the vendors' libraries will take. */
  double reportSeconds(Workload workload, double peakGflops) {
    return reportSeconds(workload, workload.sampled(reported()), peakGflops);
  }

  /** What timing some instances beside the vendors' libraries takes. */
  double reportSeconds(Workload workload, List<Instance> instances, double peakGflops) {
    int functions = Math.min(traits.usualKernels(), REPORTED_CONTENDERS) + traits.usualVendors();
    int beside = DeliveryTimer.REPORT_ROUNDS;
    return timing(workload, instances, functions, beside, peakGflops)
        + traits.pace().settlingSeconds() * beside * functions * instances.size();
  }

  /** What training the dispatcher, and compiling and writing the bundle will take. */
  double publishSeconds() {
    return traits.pace().publishSeconds();
  }

  private double timing(
      Workload workload, List<Instance> instances, int kernels, int blocks, double peakGflops) {
    return instances.stream()
        .map(instance -> workload.problem(instance.shape()))
        .mapToDouble(
            problem ->
                traits.pace().fillSeconds() * problem.bytes(workload.numerics())
                    + kernels
                        * traits.pace().seconds(problem.flops() / (0.8e9 * peakGflops), blocks))
        .sum();
  }
}
