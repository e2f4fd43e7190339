package tessera.job;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import tessera.dispatch.DecisionTree;
import tessera.dispatch.LaunchPlan;
import tessera.dispatch.Regret;
import tessera.job.search.Contest;
import tessera.job.search.Extrapolation;
import tessera.job.search.InstanceTimer;
import tessera.job.search.Portfolio;
import tessera.job.spark.SparkDispatch;
import tessera.job.spark.TimingsTable;
import tessera.microkernel.MicroKernel;
import tessera.runtime.Bundle;
import tessera.runtime.BundleManifest;
import tessera.workload.Axis;
import tessera.workload.GemmShape;
import tessera.workload.Instance;

/**
 * The end of a run: what the search found is measured on real instances before it counts.
 *
 * <pre>
 *   contest ──measure twice──> portfolio ──re-measure, combine──> dispatch ──time beside vendors──> bundle
 * </pre>
 */
final class Delivery {
  /** Instances whose times are predicted for the dispatcher. */
  private static final int EXTRAPOLATED = 1000;

  private final TuningRun run;
  private final DeliveryEffort effort;
  private final InstanceTimes times;

  /**
   * What a run delivers.
   *
   * @param heldOut the dispatcher's regret on instances that nothing was timed on before; empty
   *     where there are none
   */
  record Result(Path bundle, BundleManifest manifest, Optional<Regret> heldOut) {}

  Delivery(TuningRun run, DeliveryEffort effort) {
    this.run = run;
    this.effort = effort;
    this.times = new InstanceTimes(run, effort.rounds());
  }

  Result deliver(Contest contest) {
    run.progress().contest(contest.everyone().size());
    Screening screened = Screening.of(contest, run, times, effort.again());
    List<Integer> portfolio = portfolio(screened);
    List<MicroKernel> failing = failing(screened, portfolio);
    while (!failing.isEmpty()) {
      screened = without(screened, failing);
      portfolio = portfolio(screened);
      failing = failing(screened, portfolio);
    }
    run.progress().phase("measuring " + portfolio.size() + " micro-kernels for dispatch");
    Choice choice =
        new Combining(run, times, effort)
            .choose(
                screened.kernels(),
                screened.known(),
                portfolio,
                run.workload().sampledTowardsShort(dispatching(portfolio.size())));
    DecisionTree tree = dispatch(choice);
    Optional<Regret> heldOut = heldOut(choice, tree, screened.instances());
    run.progress().phase("timing beside the vendors' libraries");
    byte[] timings = TimingsTable.parquet(run.spark(), choice.instances(), choice.seconds());
    Path published = report(new Publication(run, choice.kernels(), choice.plans(), tree, timings));
    return new Result(published, Bundle.open(published).manifest(), heldOut);
  }

  /** As many instances as there is time for. */
  private int dispatching(int kernels) {
    double peak = run.peakGflops();
    double left =
        run.settings().budget().seconds()
            - run.progress().elapsedSeconds()
            - effort.reportSeconds(run.workload(), kernels, peak);
    return effort.dispatching(run.workload(), kernels, left, peak);
  }

  /** What passed the contest, and fails as a bundle would have it. */
  private List<MicroKernel> failing(Screening screened, List<Integer> portfolio) {
    List<MicroKernel> kernels = portfolio.stream().map(screened.kernels()::get).toList();
    GemmShape shape = run.workload().shape(screened.instances().get(0).shape());
    List<MicroKernel> sound = times.deliverable(kernels, shape);
    return kernels.stream().filter(kernel -> !sound.contains(kernel)).toList();
  }

  private Screening without(Screening screened, List<MicroKernel> failing) {
    failing.forEach(
        kernel ->
            run.progress()
                .remark(
                    "left out, since it fails with all its paths: "
                        + run.space().family(kernel).label(kernel)));
    List<MicroKernel> others =
        screened.kernels().stream().filter(kernel -> !failing.contains(kernel)).toList();
    if (others.isEmpty()) {
      throw new IllegalStateException("none of the best works with all its paths");
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
    return SparkDispatch.train(run.spark(), table.instances(), table.seconds(), alignment());
  }

  /** What rows' lengths modulo this say of their alignment; 1 where they never change. */
  private int alignment() {
    boolean fixed =
        run.workload().staticExtent(Axis.N) > 0 && run.workload().staticExtent(Axis.K) > 0;
    return fixed ? 1 : run.space().alignment();
  }

  /**
   * What the delivered tree loses on instances that it has not seen.
   *
   * @param screened instances of the contest, which it may know from there
   */
  private Optional<Regret> heldOut(Choice choice, DecisionTree tree, List<Instance> screened) {
    Set<List<Long>> known = new HashSet<>();
    choice.instances().forEach(instance -> known.add(instance.values()));
    screened.forEach(instance -> known.add(instance.values()));
    List<Instance> unknown =
        run.workload().instances().stream().filter(i -> !known.contains(i.values())).toList();
    if (unknown.isEmpty()) {
      return Optional.empty();
    }
    List<Instance> held = run.workload().withInstances(unknown).sampled(effort.heldOut());
    List<GemmShape> shapes = run.workload().shapes(held);
    double[][] alone = times.of(choice.kernels(), shapes);
    double[][] seconds =
        choice.plans().stream()
            .map(
                plan ->
                    plan.edge() < 0 ? alone[plan.main()] : times.of(plan, choice.kernels(), shapes))
            .toArray(double[][]::new);
    return Optional.of(
        Regret.of(
            transpose(seconds),
            held.stream().mapToInt(i -> tree.select(i.shape())).toArray(),
            held.stream().mapToDouble(Instance::weight).toArray()));
  }

  private static double[][] transpose(double[][] seconds) {
    return IntStream.range(0, seconds[0].length)
        .mapToObj(i -> Arrays.stream(seconds).mapToDouble(kernel -> kernel[i]).toArray())
        .toArray(double[][]::new);
  }

  /** Times the dispatched kernels as they will be called, beside the vendors, and publishes. */
  private Path report(Publication publication) {
    List<Instance> instances = run.workload().sampled(effort.reported());
    InstanceTimer.Times beside =
        times.besideVendors(publication.kernels(), run.workload().shapes(instances));
    List<BundleManifest.Expected> expected = new ArrayList<>();
    for (int i = 0; i < instances.size(); i++) {
      int at = i;
      double[] all = Arrays.stream(beside.seconds()).mapToDouble(seconds -> seconds[at]).toArray();
      expected.add(expected(publication, instances.get(i), all));
    }
    return publication.publish(expected, String.join(" or ", beside.vendors()));
  }

  /**
   * @param seconds of each kernel, then each vendor
   */
  private BundleManifest.Expected expected(
      Publication publication, Instance instance, double[] seconds) {
    int index = publication.dispatch().select(instance.shape());
    LaunchPlan plan = publication.plans().get(index);
    int kernels = publication.kernels().size();
    GemmShape shape = run.workload().shape(instance.shape());
    double[] own = Arrays.copyOf(seconds, kernels + 1);
    own[kernels] =
        plan.edgeRows(shape.m()) > 0
            ? times.of(plan, publication.kernels(), List.of(shape))[0]
            : own[plan.main()];
    double vendor = Arrays.stream(seconds).skip(kernels).min().orElse(0);
    double flops = shape.flops();
    return new BundleManifest.Expected(
        instance.values(),
        run.settings().threads(),
        index,
        own[kernels],
        1e-9 * flops / own[kernels],
        vendor,
        Regret.at(own, kernels));
  }
}
