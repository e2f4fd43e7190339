package tessera.job;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import tessera.cost.Adaptation;
import tessera.dispatch.DecisionTree;
import tessera.dispatch.Regret;
import tessera.job.search.Extrapolation;
import tessera.job.search.InstanceTimer;
import tessera.job.search.Portfolio;
import tessera.job.spark.SparkDispatch;
import tessera.job.spark.TimingsTable;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.Tiling;
import tessera.runtime.Bundle;
import tessera.runtime.BundleManifest;
import tessera.workload.GemmShape;
import tessera.workload.Instance;

/**
 * The end of a run: what the search found is measured on real instances before it counts.
 *
 * <pre>
 *   leaders ──re-measure twice──> portfolio ──re-measure──> dispatch ──time beside vendors──> bundle
 * </pre>
 */
final class Delivery {
  /** Instances whose times are predicted for the dispatcher. */
  private static final int EXTRAPOLATED = 1000;

  private final TuningRun run;
  private final DeliveryEffort effort;
  private final InstanceTimer timer;

  /** What a run delivers. */
  record Result(Path bundle, BundleManifest manifest, Regret heldOut) {}

  Delivery(TuningRun run, DeliveryEffort effort) {
    this.run = run;
    this.effort = effort;
    this.timer = run.measurer(List.of());
  }

  Result deliver(List<MicroKernel> leaders) {
    run.progress().phase("re-measuring the best " + leaders.size() + " on real instances");
    List<MicroKernel> portfolio = portfolio(leaders);
    run.progress().phase("measuring " + portfolio.size() + " micro-kernels for dispatch");
    List<Instance> instances = run.workload().sampled(effort.dispatching());
    double[][] seconds = onInstances(portfolio, instances);
    Regret heldOut = heldOut(portfolio, instances, seconds);
    DecisionTree tree = dispatch(portfolio, instances, seconds);
    run.progress().phase("timing beside the vendors' libraries");
    Publication publication =
        new Publication(
            run, portfolio, tree, TimingsTable.parquet(run.spark(), instances, seconds));
    Path published = report(publication);
    return new Result(published, Bundle.open(published).manifest(), heldOut);
  }

  /** Chosen by two passes of measurement, each judging what the other would choose. */
  private List<MicroKernel> portfolio(List<MicroKernel> leaders) {
    List<Instance> instances = run.workload().sampled(effort.screened());
    double[] weights = instances.stream().mapToDouble(Instance::weight).toArray();
    List<MicroKernel> working = leaders;
    double[][] first;
    try {
      first = onInstances(leaders, instances);
    } catch (IllegalStateException e) {
      // one that fails on an instance costs no more than itself
      working = leaders.stream().filter(leader -> works(leader, instances)).toList();
      if (working.isEmpty()) {
        throw e;
      }
      first = onInstances(working, instances);
    }
    double[][][] passes = {first, onInstances(working, instances)};
    return Portfolio.smallest(passes, weights, effort.tolerance()).stream()
        .map(working::get)
        .toList();
  }

  private boolean works(MicroKernel kernel, List<Instance> instances) {
    try {
      onInstances(List.of(kernel), instances);
      return true;
    } catch (IllegalStateException e) {
      return false;
    }
  }

  /**
   * Seconds of [kernel][instance]. Several threads are not timed, since machines are seldom that
   * quiet: one core is measured, and adapted to all by the wave efficiency, which is arithmetic.
   */
  private double[][] onInstances(List<MicroKernel> kernels, List<Instance> instances) {
    int threads = run.settings().threads();
    List<GemmShape> shapes = shapes(instances);
    double[][] seconds = timer.time(kernels, shapes, comparison(1), false).seconds();
    for (int kernel = 0; threads > 1 && kernel < kernels.size(); kernel++) {
      Tiling tiling = run.space().family(kernels.get(kernel)).tiling(kernels.get(kernel));
      for (int i = 0; i < shapes.size(); i++) {
        Adaptation adaptation = Adaptation.of(tiling, shapes.get(i), threads);
        seconds[kernel][i] /= adaptation.waveEfficiency() * threads;
      }
    }
    return seconds;
  }

  private TimingPolicy comparison(int threads) {
    return run.device().backend().policy(effort.rounds(), threads);
  }

  private List<GemmShape> shapes(List<Instance> instances) {
    return instances.stream().map(instance -> run.workload().shape(instance.shape())).toList();
  }

  /** A tree from the measured instances and many that are predicted from them. */
  private DecisionTree dispatch(
      List<MicroKernel> portfolio, List<Instance> instances, double[][] seconds) {
    Extrapolation.Table table =
        new Extrapolation(run.space(), run.workload(), run.settings().threads())
            .widen(portfolio, new Extrapolation.Table(instances, seconds), EXTRAPOLATED);
    return SparkDispatch.train(run.spark(), table.instances(), table.seconds());
  }

  /**
   * Every other instance is held out to measure regret; the tree that is delivered has seen them
   * all.
   */
  private Regret heldOut(
      List<MicroKernel> portfolio, List<Instance> instances, double[][] seconds) {
    int last = instances.size() - 1;
    int[] even = IntStream.rangeClosed(0, last).filter(i -> i % 2 == 0 || i == last).toArray();
    int[] odd = IntStream.range(0, last).filter(i -> i % 2 == 1).toArray();
    DecisionTree tree = dispatch(portfolio, pick(instances, even), pick(seconds, even));
    List<Instance> held = pick(instances, odd);
    return Regret.of(
        transpose(pick(seconds, odd)),
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
    InstanceTimer.Times times =
        timer.time(
            publication.kernels(), shapes(instances), comparison(run.settings().threads()), true);
    List<BundleManifest.Expected> expected = new ArrayList<>();
    for (int i = 0; i < instances.size(); i++) {
      int at = i;
      double[] all = Arrays.stream(times.seconds()).mapToDouble(seconds -> seconds[at]).toArray();
      expected.add(expected(publication, instances.get(i), all));
    }
    return publication.publish(expected, String.join(" or ", times.vendors()));
  }

  /**
   * @param seconds of each kernel, then each vendor
   */
  private BundleManifest.Expected expected(
      Publication publication, Instance instance, double[] seconds) {
    int kernel = publication.dispatch().select(instance.shape());
    double[] own = Arrays.copyOf(seconds, publication.kernels().size());
    double vendor = Arrays.stream(seconds).skip(own.length).min().orElse(0);
    double flops = run.workload().shape(instance.shape()).flops();
    return new BundleManifest.Expected(
        instance.values(),
        run.settings().threads(),
        kernel,
        own[kernel],
        1e-9 * flops / own[kernel],
        vendor,
        Regret.at(own, kernel));
  }
}
