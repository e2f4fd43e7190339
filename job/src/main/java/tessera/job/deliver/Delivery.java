package tessera.job.deliver;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import tessera.dispatch.DecisionTree;
import tessera.dispatch.Regret;
import tessera.job.predict.Extrapolation;
import tessera.job.run.TuningRun;
import tessera.job.search.Contest;
import tessera.microkernel.MicroKernel;
import tessera.operator.Axis;
import tessera.operator.GemmShape;
import tessera.runtime.Bundle;
import tessera.runtime.BundleManifest;
import tessera.workload.Instance;

/**
 * The end of a run: what the search found is measured on real instances before it counts.
 *
 * <pre>
 *   contest ──measure twice──> portfolio ──re-measure, combine──> dispatch ──time beside vendors──> bundle ──> check
 * </pre>
 */
public final class Delivery {
  /** Instances whose times are predicted for the dispatcher. */
  private static final int EXTRAPOLATED = 1000;

  private final TuningRun run;
  private final DeliveryEffort effort;
  private final Schedule schedule;
  private final InstanceTimes times;

  /** What a run delivers. */
  public record Result(Path bundle, BundleManifest manifest, HeldOut heldOut) {}

  /**
   * What the delivered dispatcher loses on instances that nothing was timed on before.
   *
   * @param wanted such instances that were to be timed
   * @param timed those that there was time for, and on which the dispatched kernel works
   * @param regret on these; empty where there are none
   */
  public record HeldOut(int wanted, int timed, Optional<Regret> regret) {}

  public Delivery(TuningRun run, DeliveryEffort effort) {
    this.run = run;
    this.effort = effort;
    this.schedule = new Schedule(run, effort);
    this.times = new InstanceTimes(run, effort.rounds());
  }

  public Result deliver(Contest contest) {
    run.progress().contest(contest.everyone().size());
    Screening screened = Screening.of(contest, run, times, effort.again(), schedule);
    Published published = choose(screened);
    run.progress().phase("published; looking at shapes that were not timed before");
    HeldOut heldOut = heldOut(published, screened.instances());
    if (published.choice().uses(times::hasFailed)) {
      published = publish(published.choice()).orElseGet(() -> choose(screened));
    }
    return new Result(published.bundle(), Bundle.open(published.bundle()).manifest(), heldOut);
  }

  /**
   * Chooses among what never failed, and publishes it. Where all of a portfolio fail in the end,
   * others are chosen.
   *
   * @throws IllegalStateException when nothing is left
   */
  private Published choose(Screening screened) {
    Screening working = working(screened);
    List<Integer> portfolio = portfolio(working);
    if (!areDeliverable(working, portfolio)) {
      return choose(working);
    }
    run.progress().phase("measuring " + portfolio.size() + " micro-kernels for dispatch");
    return new Combining(run, times.delivered(), effort)
        .choose(
            working.kernels(),
            working.known(),
            portfolio,
            run.workload().sampledTowardsShort(effort.dispatching()),
            schedule.end(Schedule.Step.DISPATCH))
        .flatMap(this::publish)
        .orElseGet(() -> choose(working));
  }

  /** A bundle, and what it was made of. */
  private record Published(Choice choice, DecisionTree tree, Path bundle) {}

  /**
   * Publishes what never failed; what fails beside the vendors' libraries is left out too. Empty
   * where nothing is left.
   */
  private Optional<Published> publish(Choice chosen) {
    return chosen.without(times::hasFailed).flatMap(this::publishSound);
  }

  private Optional<Published> publishSound(Choice choice) {
    DecisionTree tree = dispatch(choice);
    run.progress().phase("timing beside the vendors' libraries");
    Expectation expectation =
        new Expectation(run, times.delivered(), choice, tree, effort.plausible());
    expectation.measure(
        run.workload().sampled(effort.reported()), schedule.end(Schedule.Step.REPORT));
    if (choice.uses(times::hasFailed)) {
      return publish(choice);
    }
    byte[] timings = run.timings(choice.instances(), choice.seconds());
    Path bundle =
        new Publication(run, choice.kernels(), choice.plans(), tree, timings)
            .publish(expectation.entries(), expectation.vendors());
    return Optional.of(new Published(choice, tree, bundle));
  }

  /** Whether all of a portfolio work on some shape as a bundle has them. */
  private boolean areDeliverable(Screening screened, List<Integer> portfolio) {
    List<MicroKernel> kernels = portfolio.stream().map(screened.kernels()::get).toList();
    GemmShape shape = run.workload().shape(screened.instances().get(0).shape());
    return times.deliverable(kernels, shape).size() == kernels.size();
  }

  private Screening working(Screening screened) {
    List<MicroKernel> others =
        screened.kernels().stream().filter(kernel -> !times.hasFailed(kernel)).toList();
    if (others.isEmpty()) {
      throw new IllegalStateException("none of the best micro-kernels works to the end");
    }
    return screened.of(others);
  }

  /** Chosen by two passes of measurement, each judging what the other would choose. */
  private List<Integer> portfolio(Screening screened) {
    double[] weights = screened.instances().stream().mapToDouble(Instance::weight).toArray();
    return Portfolio.smallest(screened.passes(run), weights, effort.tolerance(), effort.most());
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

  /**
   * A diagnosis behind the publishing, of as many instances as there is time for.
   *
   * @param screened instances of the contest, which the tree may know from there
   */
  private HeldOut heldOut(Published published, List<Instance> screened) {
    Choice choice = published.choice();
    DecisionTree tree = published.tree();
    Set<List<Long>> known = new HashSet<>();
    choice.instances().forEach(instance -> known.add(instance.values()));
    screened.forEach(instance -> known.add(instance.values()));
    List<Instance> unknown =
        run.workload().instances().stream().filter(i -> !known.contains(i.values())).toList();
    if (unknown.isEmpty()) {
      return new HeldOut(0, 0, Optional.empty());
    }
    List<Instance> held = run.workload().withInstances(unknown).sampled(effort.heldOut());
    double[][] seconds = plans(choice, run.workload().shapes(held));
    int[] timed =
        IntStream.range(0, held.size())
            .filter(i -> !Double.isNaN(seconds[tree.select(held.get(i).shape())][i]))
            .toArray();
    if (timed.length == 0) {
      return new HeldOut(held.size(), 0, Optional.empty());
    }
    Regret regret =
        Regret.of(
            Arrays.stream(timed).mapToObj(i -> column(seconds, i)).toArray(double[][]::new),
            Arrays.stream(timed).map(i -> tree.select(held.get(i).shape())).toArray(),
            Arrays.stream(timed).mapToDouble(i -> held.get(i).weight()).toArray());
    return new HeldOut(held.size(), timed.length, Optional.of(regret));
  }

  /** Seconds of [plan][shape]; NaN where one failed or there was no time. */
  private double[][] plans(Choice choice, List<GemmShape> shapes) {
    InstanceTimes own = times.delivered();
    double[][] alone = own.of(choice.kernels(), shapes, InstanceTimes.Pairs.ALL, schedule.end());
    return choice.plans().stream()
        .map(
            plan ->
                plan.combines()
                    ? own.of(
                        Collections.nCopies(shapes.size(), plan),
                        choice.kernels(),
                        shapes,
                        schedule.end())
                    : alone[plan.main()])
        .toArray(double[][]::new);
  }

  /** Of one shape; what was not timed is no rival. */
  private static double[] column(double[][] seconds, int shape) {
    return Arrays.stream(seconds)
        .mapToDouble(plan -> Double.isNaN(plan[shape]) ? Double.POSITIVE_INFINITY : plan[shape])
        .toArray();
  }
}
