package tessera.job.deliver;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tessera.Count;
import tessera.EnvironmentFault;
import tessera.UserError;
import tessera.compile.TemporaryFiles;
import tessera.dispatch.DecisionTree;
import tessera.dispatch.LaunchPlan;
import tessera.dispatch.Regret;
import tessera.job.predict.Extrapolation;
import tessera.job.records.RunResult;
import tessera.job.run.TuningRun;
import tessera.job.search.Contest;
import tessera.microkernel.MicroKernel;
import tessera.operator.Axis;
import tessera.operator.Problem;
import tessera.runtime.BundleManifest;
import tessera.runtime.BundleWriter;
import tessera.storage.Place;
import tessera.workload.Instance;
import tessera.workload.timed.Sampling;

/**
 * The end of a run: what the search found is measured on real instances before it counts.
 *
 * <pre>
 *   contest ──measure twice──> portfolio ──re-measure, pair──> dispatch ──time beside vendors──> bundle ──> check
 * </pre>
 */
public final class Delivery {
  /** Instances whose times are predicted for the dispatcher. */
  private static final int EXTRAPOLATED = 1000;

  /**
   * By how much a micro-kernel beyond what the weights ask for is to shorten the mean relative time
   * of the contest's instances when all of them count alike.
   */
  private static final double ALIKE_GAIN = 0.02;

  /** The same of the contest's shapes beyond the tuned range. */
  private static final double BEYOND_GAIN = 0.03;

  /** Within this the bundle's baseline may begin, however late it is: it takes a second. */
  private static final double BASELINE_SECONDS = 15;

  private final TuningRun run;
  private final DeliveryEffort effort;
  private final Schedule schedule;
  private final DeliveryTimer times;
  private final TimedShapes shapes;
  private final Reserve reserve;
  private final Optional<Served> prepared;
  private final boolean publishes;

  /** The micro-kernels of all contests so far. */
  private final Set<MicroKernel> tried = new HashSet<>();

  /** Who takes part in the next contest when all of the last one failed. */
  @FunctionalInterface
  public interface Reserve {
    /** A contest among others than those that were tried; among none where there are no others. */
    Contest without(Set<MicroKernel> tried);
  }

  /**
   * What a run delivers.
   *
   * @param fault why the bundle still holds a micro-kernel that failed after it was published;
   *     empty where it holds none
   */
  public record Result(
      Place bundle, BundleManifest manifest, HeldOut heldOut, Optional<String> fault) {}

  /**
   * What serves one form of weights, as they are or prepared.
   *
   * @param plans over the kernels, in the order of the tree's labels
   * @param expected measured times, with indices of the plans
   */
  public record Served(
      List<MicroKernel> kernels,
      List<LaunchPlan> plans,
      DecisionTree dispatch,
      List<BundleManifest.Expected> expected) {
    /** All micro-kernels of this and of another. */
    List<MicroKernel> kernelsWith(Served other) {
      List<MicroKernel> all = new ArrayList<>(kernels);
      other.kernels.stream().filter(kernel -> !all.contains(kernel)).forEach(all::add);
      return List.copyOf(all);
    }

    /** The plans over a list that has all of the kernels. */
    List<LaunchPlan> plansOver(List<MicroKernel> all) {
      return plans.stream()
          .map(
              plan ->
                  new LaunchPlan(
                      all.indexOf(kernels.get(plan.main())),
                      plan.combines() ? all.indexOf(kernels.get(plan.edge())) : plan.edge(),
                      plan.rows(),
                      plan.most()))
          .toList();
    }
  }

  /**
   * What the delivered dispatcher loses on instances that nothing was timed on before.
   *
   * @param wanted such instances that were to be timed
   * @param timed those that there was time for, and on which the dispatched kernel works
   * @param regret on these; empty where there are none
   * @param shapes each of these
   * @param failure why nothing is known of them; empty where the timing did not fail
   */
  public record HeldOut(
      int wanted,
      int timed,
      Optional<Regret> regret,
      List<RunResult.HeldOut> shapes,
      Optional<String> failure) {
    static HeldOut none(int wanted) {
      return new HeldOut(wanted, 0, Optional.empty(), List.of(), Optional.empty());
    }

    static HeldOut failed(String why) {
      return new HeldOut(0, 0, Optional.empty(), List.of(), Optional.of(why));
    }
  }

  /**
   * @param seconds from the run's start to its bundle
   * @param prepared what serves prepared weights in the bundle, where its other kernels do not
   */
  public Delivery(
      TuningRun run,
      DeliveryEffort effort,
      TimedShapes shapes,
      double seconds,
      Reserve reserve,
      Optional<Served> prepared) {
    this(run, effort, shapes, seconds, reserve, prepared, true);
  }

  /**
   * One of what another publishes.
   *
   * @param seconds from the run's start to its end
   */
  public static Delivery ofForm(
      TuningRun run, DeliveryEffort effort, TimedShapes shapes, double seconds, Reserve reserve) {
    return new Delivery(run, effort, shapes, seconds, reserve, Optional.empty(), false);
  }

  private Delivery(
      TuningRun run,
      DeliveryEffort effort,
      TimedShapes shapes,
      double seconds,
      Reserve reserve,
      Optional<Served> prepared,
      boolean publishes) {
    this.run = run;
    this.effort = effort;
    this.schedule = new Schedule(run, effort, seconds);
    this.times = new DeliveryTimer(run, effort.rounds());
    this.shapes = shapes;
    this.reserve = reserve;
    this.prepared = prepared;
    this.publishes = publishes;
  }

  /**
   * The best of a contest, for a bundle that another delivery publishes.
   *
   * @throws UserError where nothing works
   */
  public Served served(Contest contest) {
    return best(contest).served();
  }

  /**
   * Publishes the best of a contest, and looks whether it keeps what it promises.
   *
   * @throws UserError where nothing is left to publish
   */
  public Result deliver(Contest contest) {
    Published published = best(contest);
    run.progress().phase("published; looking at shapes that were not timed before");
    HeldOut heldOut = heldOut(published);
    if (!published.choice().uses(times::hasFailed)) {
      return published.result(heldOut, Optional.empty());
    }
    withdraw(published);
    try {
      return republished(published).result(heldOut, Optional.empty());
    } catch (Exception e) {
      return published.result(heldOut, Optional.of(reason(e)));
    }
  }

  /** So that {@code latest} is no bundle with a fault; the run goes on where that is not so. */
  private void withdraw(Published faulty) {
    String failed =
        faulty.choice().kernels().stream()
            .filter(times::hasFailed)
            .map(kernel -> run.space().family(kernel).label(kernel))
            .collect(Collectors.joining(", "));
    String fault = failed + " failed after it was published";
    try {
      BundleWriter.withdraw(faulty.bundle(), fault);
      run.progress().remark("the bundle " + faulty.bundle() + " is withdrawn: " + fault);
    } catch (UserError | EnvironmentFault e) {
      run.progress().remark(e.getMessage());
    }
  }

  /** The best of a contest, published; where all of it fail, the best of others. */
  private Published best(Contest contest) {
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

  /** The best of others than those that were tried, which all failed. */
  private Published others() {
    schedule.contestFailed();
    if (schedule.isOver()) {
      throw new UserError(
          "all of the "
              + tried.size()
              + " micro-kernels that were timed on real instances failed there, as the lines above say, and no time is left for others; run again with more --seconds, and with nothing else on this machine");
    }
    return best(reserve.without(Set.copyOf(tried)));
  }

  /** Another bundle for one with a micro-kernel that failed after it was published. */
  private Published republished(Published faulty) {
    return publish(faulty.choice(), faulty.contestTimes())
        .or(() -> choose(faulty.contestTimes()))
        .orElseGet(this::others);
  }

  /** Why something failed, in a sentence. */
  private static String reason(Exception failure) {
    return UserError.in(failure)
        .or(TemporaryFiles::fault)
        .map(Throwable::getMessage)
        .or(() -> EnvironmentFault.in(failure).map(Throwable::getMessage))
        .orElseGet(() -> UserError.shortened(failure.toString()));
  }

  /**
   * Chooses among what never failed, and publishes it. Where all of a portfolio fail in the end,
   * others are chosen.
   *
   * @return empty where nothing is left
   */
  private Optional<Published> choose(ContestTimes contestTimes) {
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
        .flatMap(choice -> publish(choice, working))
        .or(() -> choose(working));
  }

  /** A bundle and what it says of itself. */
  private record Placed(BundleManifest manifest, Place bundle) {}

  /**
   * What was chosen, and the contest that it was chosen in.
   *
   * @param placed empty where another delivery publishes it
   */
  private record Published(
      Choice choice, ContestTimes contestTimes, Served served, Optional<Placed> placed) {
    DecisionTree tree() {
      return served.dispatch();
    }

    Place bundle() {
      return placed.orElseThrow().bundle();
    }

    Result result(HeldOut heldOut, Optional<String> fault) {
      return new Result(bundle(), placed.orElseThrow().manifest(), heldOut, fault);
    }
  }

  /**
   * Publishes what never failed; what fails beside the vendors' libraries is left out too. Empty
   * where nothing is left.
   */
  private Optional<Published> publish(Choice chosen, ContestTimes contestTimes) {
    return chosen.without(times::hasFailed).flatMap(choice -> publishSound(choice, contestTimes));
  }

  private Optional<Published> publishSound(Choice choice, ContestTimes contestTimes) {
    DecisionTree tree = dispatch(choice);
    run.progress().phase("timing beside the vendors' libraries");
    Expectation expectation =
        new Expectation(run, times.delivered(), choice, tree, effort.traits().contenderThreshold());
    expectation.measure(shapes.reported(), schedule.end(Schedule.Step.REPORT));
    if (choice.uses(times::hasFailed)) {
      return publish(choice, contestTimes);
    }
    Served served = new Served(choice.kernels(), choice.plans(), tree, expectation.entries());
    Optional<Placed> placed =
        publishes
            ? Optional.of(
                place(choice, served, reference(choice, contestTimes), expectation.vendors()))
            : Optional.empty();
    return Optional.of(new Published(choice, contestTimes, served, placed));
  }

  private Placed place(Choice choice, Served served, MicroKernel reference, String vendors) {
    byte[] timings = run.timings(choice.instances(), choice.seconds());
    Publication publication = new Publication(run, served, prepared, timings);
    BundleManifest manifest = publication.manifest(vendors);
    Place bundle = publication.publish(manifest, reference, schedule.end().orIn(BASELINE_SECONDS));
    return new Placed(manifest, bundle);
  }

  /** The fastest of those that are not delivered; of these the first, where there is no other. */
  private MicroKernel reference(Choice choice, ContestTimes contestTimes) {
    double[][] seconds = contestTimes.passes(run)[0];
    return IntStream.range(0, contestTimes.kernels().size())
        .filter(k -> !choice.kernels().contains(contestTimes.kernels().get(k)))
        .boxed()
        .min(Comparator.comparingDouble(k -> Arrays.stream(seconds[k]).map(Math::log).sum()))
        .map(k -> contestTimes.kernels().get(k))
        .orElse(choice.kernels().get(0));
  }

  /** Whether all of a portfolio work on some shape as a bundle has them. */
  private boolean areDeliverable(ContestTimes contestTimes, List<Integer> portfolio) {
    List<MicroKernel> kernels = portfolio.stream().map(contestTimes.kernels()::get).toList();
    Problem problem = run.workload().problem(contestTimes.instances().get(0).shape());
    return times.areDeliverable(kernels, problem, schedule.lastResort());
  }

  /** Chosen by two passes of measurement, each judging what the other would choose. */
  private List<Integer> portfolio(ContestTimes contestTimes) {
    List<Instance> instances = contestTimes.instances();
    double[][][] passes = contestTimes.passes(run);
    List<Integer> smallest =
        Portfolio.smallest(
            passes,
            weights(instances, Instance::weight),
            effort.traits().tolerance(),
            effort.most());
    if (run.settings().sampling() == Sampling.EVEN) {
      return smallest;
    }
    double[] within = weights(instances, instance -> instance.liesBeyond() ? 0 : 1);
    double[] beyond = weights(instances, instance -> instance.liesBeyond() ? 1 : 0);
    List<Integer> wider = Portfolio.widened(passes, within, ALIKE_GAIN, effort.most(), smallest);
    return Portfolio.widened(passes, beyond, BEYOND_GAIN, effort.most(), wider);
  }

  private static double[] weights(List<Instance> instances, ToDoubleFunction<Instance> weight) {
    return instances.stream().mapToDouble(weight).toArray();
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

  /** A diagnosis behind the publishing: the run does not fail where it does. */
  private HeldOut heldOut(Published published) {
    try {
      return timedHeldOut(published);
    } catch (Exception e) {
      return HeldOut.failed(reason(e));
    }
  }

  /** On as many instances as there is time for. */
  private HeldOut timedHeldOut(Published published) {
    Choice choice = published.choice();
    DecisionTree tree = published.tree();
    Set<List<Long>> known = new HashSet<>();
    choice.instances().forEach(instance -> known.add(instance.values()));
    // the tree may know them from there
    published.contestTimes().instances().forEach(instance -> known.add(instance.values()));
    List<Instance> unknown =
        run.workload().instances().stream().filter(i -> !known.contains(i.values())).toList();
    if (unknown.isEmpty()) {
      return HeldOut.none(0);
    }
    List<Instance> held = shapes.heldOut(unknown);
    double[][] seconds = plans(choice, run.workload().problems(held));
    int[] timed =
        IntStream.range(0, held.size())
            .filter(i -> !Double.isNaN(seconds[tree.select(held.get(i).shape())][i]))
            .toArray();
    if (timed.length == 0) {
      return HeldOut.none(held.size());
    }
    List<RunResult.HeldOut> shapes =
        Arrays.stream(timed).mapToObj(i -> heldOut(held.get(i), tree, column(seconds, i))).toList();
    Regret regret =
        Regret.of(
            Arrays.stream(timed).mapToObj(i -> column(seconds, i)).toArray(double[][]::new),
            Arrays.stream(timed).map(i -> tree.select(held.get(i).shape())).toArray(),
            shapes.stream().mapToDouble(RunResult.HeldOut::weight).toArray());
    return new HeldOut(held.size(), timed.length, Optional.of(regret), shapes, Optional.empty());
  }

  private static RunResult.HeldOut heldOut(Instance instance, DecisionTree tree, double[] seconds) {
    double regret = Regret.at(seconds, tree.select(instance.shape()));
    return new RunResult.HeldOut(instance.values(), instance.weight(), regret);
  }

  /** Seconds of [plan][problem]; NaN where one failed or there was no time. */
  private double[][] plans(Choice choice, List<Problem> problems) {
    DeliveryTimer own = times.delivered();
    double[][] alone = own.of(choice.kernels(), problems, DeliveryTimer.Mask.ALL, schedule.end());
    return choice.plans().stream()
        .map(
            plan ->
                plan.combines()
                    ? own.of(
                        Collections.nCopies(problems.size(), plan),
                        choice.kernels(),
                        problems,
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
