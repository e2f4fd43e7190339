package tessera.job.deliver;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tessera.Count;
import tessera.UserError;
import tessera.dispatch.DecisionTree;
import tessera.job.deliver.choice.Choice;
import tessera.job.deliver.choice.ContestTimes;
import tessera.job.deliver.choice.PairMeasurement;
import tessera.job.deliver.choice.Portfolio;
import tessera.job.deliver.timing.DeliveryEffort;
import tessera.job.deliver.timing.DeliveryTimer;
import tessera.job.deliver.timing.Schedule;
import tessera.job.deliver.timing.TimedShapes;
import tessera.job.predict.Extrapolation;
import tessera.job.run.TuningRun;
import tessera.job.search.Contest;
import tessera.microkernel.MicroKernel;
import tessera.operator.Axis;
import tessera.operator.Problem;
import tessera.workload.Instance;
import tessera.workload.timed.Sampling;

/**
 * What a search found is measured on real instances before it counts.
 *
 * <pre>
 *   contest ──measure twice──> portfolio ──re-measure, pair──> dispatch ──time beside vendors──> selected
 * </pre>
 */
public final class Selection {
  /** Instances whose times are predicted for the dispatcher. */
  private static final int EXTRAPOLATED = 1000;

  private final TuningRun run;
  private final DeliveryEffort effort;
  private final Schedule schedule;
  private final DeliveryTimer times;
  private final TimedShapes shapes;
  private final Reserve reserve;

  /** The micro-kernels of all contests so far. */
  private final Set<MicroKernel> tried = new HashSet<>();

  /** Who takes part in the next contest when all of the last one failed. */
  @FunctionalInterface
  public interface Reserve {
    /** A contest among others than those that were tried; among none where there are no others. */
    Contest without(Set<MicroKernel> tried);
  }

  /**
   * @param seconds from the run's start to its bundle
   */
  public Selection(
      TuningRun run, DeliveryEffort effort, TimedShapes shapes, double seconds, Reserve reserve) {
    this.run = run;
    this.effort = effort;
    this.schedule = new Schedule(run, effort, seconds);
    this.times = new DeliveryTimer(run, effort.rounds());
    this.shapes = shapes;
    this.reserve = reserve;
  }

  /**
   * What serves the form of weights that is tuned.
   *
   * @throws UserError where nothing works
   */
  public Served served(Contest contest) {
    return of(contest).served();
  }

  /**
   * The best of a contest; where all of it fail, the best of others.
   *
   * @throws UserError where nothing works
   */
  Selected of(Contest contest) {
    if (contest.everyone().isEmpty()) {
      throw new UserError(
          "none of the "
              + tried.size()
              + " micro-kernels that were right in the search works on real instances, as the lines above say; run again with more --trials, and with nothing else on this machine");
    }
    run.progress().contest(contest.everyone().size());
    tried.addAll(contest.everyone());
    return ContestTimes.of(contest, run, times, effort.traits().remeasureThreshold(), schedule)
        .flatMap(this::choose)
        .orElseGet(this::others);
  }

  /**
   * Another selection for one with a micro-kernel that failed since.
   *
   * @throws UserError where nothing is left
   */
  Selected instead(Selected faulty) {
    return sound(faulty.choice(), faulty.contestTimes())
        .or(() -> choose(faulty.contestTimes()))
        .orElseGet(this::others);
  }

  /** Whether a micro-kernel failed in any timing so far. */
  boolean hasFailed(MicroKernel kernel) {
    return times.hasFailed(kernel);
  }

  Schedule schedule() {
    return schedule;
  }

  HeldOutTimer heldOutTimer() {
    return new HeldOutTimer(run, times.delivered(), shapes, schedule);
  }

  /** The best of others than those that were tried, which all failed. */
  private Selected others() {
    schedule.contestFailed();
    if (schedule.isOver()) {
      throw new UserError(
          "all of the "
              + tried.size()
              + " micro-kernels that were timed on real instances failed there, as the lines above say, and no time is left for others; run again with more --seconds, and with nothing else on this machine");
    }
    return of(reserve.without(Set.copyOf(tried)));
  }

  /**
   * Chooses among what never failed. Where all of a portfolio fail in the end, others are chosen.
   *
   * @return empty where nothing is left
   */
  private Optional<Selected> choose(ContestTimes contestTimes) {
    ContestTimes working = contestTimes.without(times::hasFailed);
    if (working.kernels().isEmpty()) {
      return Optional.empty();
    }
    List<Integer> portfolio = portfolio(working);
    if (!areDeliverable(working, portfolio)) {
      return choose(working);
    }
    run.progress()
        .phase("measuring " + Count.of(portfolio.size(), "micro-kernel") + " for dispatch");
    return new PairMeasurement(run, times.delivered(), effort)
        .choose(
            working.kernels(),
            working.known(),
            portfolio,
            shapes.dispatch(),
            schedule.end(Schedule.Step.DISPATCH))
        .flatMap(choice -> sound(choice, working))
        .or(() -> choose(working));
  }

  /** Whether all of a portfolio work on some shape as a bundle has them. */
  private boolean areDeliverable(ContestTimes contestTimes, List<Integer> portfolio) {
    List<MicroKernel> kernels = portfolio.stream().map(contestTimes.kernels()::get).toList();
    Problem problem = run.workload().problem(contestTimes.instances().get(0).shape());
    return times.areDeliverable(kernels, problem, schedule.lastResort());
  }

  /**
   * A choice without what failed, also beside the vendors' libraries. Empty where nothing is left.
   */
  private Optional<Selected> sound(Choice chosen, ContestTimes contestTimes) {
    return chosen.without(times::hasFailed).flatMap(choice -> besideVendors(choice, contestTimes));
  }

  private Optional<Selected> besideVendors(Choice choice, ContestTimes contestTimes) {
    DecisionTree tree = dispatch(choice);
    run.progress().phase("timing beside the vendors' libraries");
    Expectation expectation =
        new Expectation(run, times.delivered(), choice, tree, effort.traits().contenderThreshold());
    expectation.measure(shapes.reported(), schedule.end(Schedule.Step.REPORT));
    if (choice.uses(times::hasFailed)) {
      return sound(choice, contestTimes);
    }
    Served served = new Served(choice.kernels(), choice.plans(), tree, expectation.entries());
    return Optional.of(new Selected(choice, contestTimes, served));
  }

  /** Chosen by two passes of measurement, each judging what the other would choose. */
  private List<Integer> portfolio(ContestTimes contestTimes) {
    List<Instance> instances = contestTimes.instances();
    double[][][] passes = contestTimes.passes(run);
    double tolerance = effort.traits().tolerance();
    return run.settings().sampling() == Sampling.EVEN
        ? Portfolio.smallest(
            passes,
            instances.stream().mapToDouble(Instance::weight).toArray(),
            tolerance,
            effort.most())
        : Portfolio.forAll(
            passes, instances, tolerance, effort.traits().alikeGain(), effort.most());
  }

  /** A tree from the measured instances and many that are predicted from them. */
  private DecisionTree dispatch(Choice choice) {
    Extrapolation.Table table =
        run.prices(choice.kernels(), new Extrapolation.Table(choice.instances(), choice.alone()))
            .widen(choice.plans(), choice.seconds(), EXTRAPOLATED);
    return run.dispatcher(table, alignment());
  }

  /** What rows' lengths modulo this say of their alignment; 1 where they never change. */
  private int alignment() {
    boolean fixed =
        run.workload().staticExtent(Axis.N) > 0 && run.workload().staticExtent(Axis.K) > 0;
    return fixed ? 1 : run.space().alignment();
  }
}
