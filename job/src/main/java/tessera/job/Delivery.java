package tessera.job;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import tessera.dispatch.DecisionTree;
import tessera.dispatch.LaunchPlan;
import tessera.dispatch.Regret;
import tessera.job.search.Combinations;
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
 *   leaders ──re-measure twice──> portfolio ──re-measure, combine──> dispatch ──time beside vendors──> bundle
 * </pre>
 */
final class Delivery {
  /** Instances whose times are predicted for the dispatcher. */
  private static final int EXTRAPOLATED = 1000;

  /** Instances on which pairs of micro-kernels are priced. */
  private static final int PRICED = 200;

  private final TuningRun run;
  private final DeliveryEffort effort;
  private final InstanceTimes times;

  /** What a run delivers. */
  record Result(Path bundle, BundleManifest manifest, Regret heldOut) {}

  Delivery(TuningRun run, DeliveryEffort effort) {
    this.run = run;
    this.effort = effort;
    this.times = new InstanceTimes(run, effort.rounds());
  }

  /** Kernels that work, and their seconds of [kernel][instance] in two passes. */
  private record Screened(
      List<MicroKernel> kernels, List<Instance> instances, double[][][] passes) {}

  /**
   * What may be delivered.
   *
   * @param alone seconds of [kernel][instance]
   * @param plans one for each of the first kernels, which the portfolio consists of
   * @param seconds of [plan][instance]
   */
  private record Choice(
      List<MicroKernel> kernels,
      List<Instance> instances,
      double[][] alone,
      List<LaunchPlan> plans,
      double[][] seconds) {}

  Result deliver(List<MicroKernel> leaders) {
    run.progress().phase("re-measuring the best " + leaders.size() + " on real instances");
    Screened screened = screen(leaders);
    List<Integer> portfolio = portfolio(screened);
    run.progress().phase("measuring " + portfolio.size() + " micro-kernels for dispatch");
    Choice choice = choice(screened, portfolio, run.workload().sampled(effort.dispatching()));
    Regret heldOut = heldOut(choice);
    DecisionTree tree = dispatch(choice);
    run.progress().phase("timing beside the vendors' libraries");
    byte[] timings = TimingsTable.parquet(run.spark(), choice.instances(), choice.seconds());
    Path published = report(new Publication(run, choice.kernels(), choice.plans(), tree, timings));
    return new Result(published, Bundle.open(published).manifest(), heldOut);
  }

  private Screened screen(List<MicroKernel> leaders) {
    List<Instance> instances = run.workload().sampled(effort.screened());
    List<GemmShape> shapes = times.shapes(instances);
    List<MicroKernel> working = leaders;
    double[][] first;
    try {
      first = times.of(leaders, shapes);
    } catch (IllegalStateException e) {
      // one that fails on an instance costs no more than itself
      working = leaders.stream().filter(leader -> works(leader, shapes)).toList();
      if (working.isEmpty()) {
        throw e;
      }
      first = times.of(working, shapes);
    }
    return new Screened(working, instances, new double[][][] {first, times.of(working, shapes)});
  }

  private boolean works(MicroKernel kernel, List<GemmShape> shapes) {
    try {
      times.of(List.of(kernel), shapes);
      return true;
    } catch (IllegalStateException e) {
      return false;
    }
  }

  /** Chosen by two passes of measurement, each judging what the other would choose. */
  private List<Integer> portfolio(Screened screened) {
    double[] weights = screened.instances().stream().mapToDouble(Instance::weight).toArray();
    return Portfolio.smallest(screened.passes(), weights, effort.tolerance());
  }

  /**
   * The portfolio, each of whose micro-kernels may leave the rows that its tiles would waste to
   * another: priced by the cost model, then measured.
   */
  private Choice choice(Screened screened, List<Integer> portfolio, List<Instance> instances) {
    List<MicroKernel> kernels = new ArrayList<>();
    portfolio.forEach(index -> kernels.add(screened.kernels().get(index)));
    List<GemmShape> shapes = times.shapes(instances);
    List<double[]> alone = new ArrayList<>(Arrays.asList(times.of(kernels, shapes)));
    List<LaunchPlan> plans = new ArrayList<>(LaunchPlan.singles(kernels.size()));
    List<double[]> seconds = new ArrayList<>(alone);
    for (int i = 0; i < portfolio.size(); i++) {
      Optional<LaunchPlan> pair = promising(screened, portfolio.get(i));
      double[] cut =
          pair.isPresent() ? times.of(pair.get(), screened.kernels(), shapes) : alone.get(i);
      if (gain(seconds, i, cut, instances) > effort.tolerance()) {
        MicroKernel edge = screened.kernels().get(pair.orElseThrow().edge());
        if (!kernels.contains(edge)) {
          kernels.add(edge);
          alone.add(times.of(List.of(edge), shapes)[0]);
        }
        LaunchPlan found = pair.orElseThrow();
        plans.set(i, new LaunchPlan(i, kernels.indexOf(edge), found.rows(), found.most()));
        seconds.set(i, cut);
      }
    }
    return new Choice(
        kernels,
        instances,
        alone.toArray(double[][]::new),
        plans,
        seconds.toArray(double[][]::new));
  }

  /** A pair over the screened kernels. Matrices of a batch are not cut. */
  private Optional<LaunchPlan> promising(Screened screened, int main) {
    if (run.workload().operator().axes().contains(Axis.BATCH)) {
      return Optional.empty();
    }
    List<Instance> priced = run.workload().sampled(PRICED);
    Extrapolation prices = prices(screened.kernels(), screened.instances(), screened.passes()[1]);
    return new Combinations(prices, run.space(), screened.kernels(), effort.tolerance())
        .promising(
            main, times.shapes(priced), priced.stream().mapToDouble(Instance::weight).toArray());
  }

  /** The share of the weighted relative time that another time of one plan saves. */
  private static double gain(
      List<double[]> seconds, int plan, double[] other, List<Instance> instances) {
    double saved = 0;
    double weights = 0;
    for (int i = 0; i < other.length; i++) {
      double before = Double.POSITIVE_INFINITY;
      double after = other[i];
      for (int p = 0; p < seconds.size(); p++) {
        before = Math.min(before, seconds.get(p)[i]);
        after = p == plan ? after : Math.min(after, seconds.get(p)[i]);
      }
      saved += instances.get(i).weight() * (1 - after / before);
      weights += instances.get(i).weight();
    }
    return saved / weights;
  }

  private Extrapolation prices(
      List<MicroKernel> kernels, List<Instance> instances, double[][] seconds) {
    return new Extrapolation(
        run.space(),
        run.workload(),
        run.settings().threads(),
        kernels,
        new Extrapolation.Table(instances, seconds));
  }

  /** A tree from the measured instances and many that are predicted from them. */
  private DecisionTree dispatch(Choice choice) {
    Extrapolation.Table table =
        prices(choice.kernels(), choice.instances(), choice.alone())
            .widen(choice.plans(), choice.seconds(), EXTRAPOLATED);
    return SparkDispatch.train(run.spark(), table.instances(), table.seconds());
  }

  /**
   * Every other instance is held out to measure regret; the tree that is delivered has seen them
   * all.
   */
  private Regret heldOut(Choice choice) {
    int last = choice.instances().size() - 1;
    int[] even = IntStream.rangeClosed(0, last).filter(i -> i % 2 == 0 || i == last).toArray();
    int[] odd = IntStream.range(0, last).filter(i -> i % 2 == 1).toArray();
    DecisionTree tree =
        dispatch(
            new Choice(
                choice.kernels(),
                pick(choice.instances(), even),
                pick(choice.alone(), even),
                choice.plans(),
                pick(choice.seconds(), even)));
    List<Instance> held = pick(choice.instances(), odd);
    return Regret.of(
        transpose(pick(choice.seconds(), odd)),
        held.stream().mapToInt(i -> tree.select(i.shape())).toArray(),
        held.stream().mapToDouble(Instance::weight).toArray());
  }

  private static <T> List<T> pick(List<T> all, int[] indices) {
    return Arrays.stream(indices).mapToObj(all::get).toList();
  }

  private static double[][] pick(double[][] seconds, int[] indices) {
    return Arrays.stream(seconds)
        .map(kernel -> Arrays.stream(indices).mapToDouble(i -> kernel[i]).toArray())
        .toArray(double[][]::new);
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
        times.besideVendors(publication.kernels(), times.shapes(instances));
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
