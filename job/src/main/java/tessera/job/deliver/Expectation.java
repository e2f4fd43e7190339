package tessera.job.deliver;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import tessera.backend.WeightsForm;
import tessera.dispatch.DecisionTree;
import tessera.dispatch.LaunchPlan;
import tessera.dispatch.Regret;
import tessera.job.deliver.choice.Choice;
import tessera.job.deliver.timing.DeliveryTimer;
import tessera.job.predict.Extrapolation;
import tessera.job.run.TuningRun;
import tessera.job.search.ComparisonTimer;
import tessera.measure.Deadline;
import tessera.microkernel.MicroKernel;
import tessera.operator.GemmShape;
import tessera.operator.Problem;
import tessera.runtime.BundleManifest;
import tessera.trial.Lap;
import tessera.workload.Instance;

/**
 * What a bundle may be expected to take: the dispatched kernels as they are called, timed on some
 * instances beside those that are nearly as fast and beside the vendors' libraries.
 */
final class Expectation {
  private final TuningRun run;
  private final DeliveryTimer times;
  private final Choice choice;
  private final DecisionTree tree;
  private final double contenderThreshold;
  private final List<BundleManifest.Expected> entries = new ArrayList<>();

  /**
   * @param times of kernels as a bundle has them
   * @param contenderThreshold times the least price of an instance, up to which a kernel is a rival
   *     there
   */
  Expectation(
      TuningRun run,
      DeliveryTimer times,
      Choice choice,
      DecisionTree tree,
      double contenderThreshold) {
    this.run = run;
    this.times = times;
    this.choice = choice;
    this.tree = tree;
    this.contenderThreshold = contenderThreshold;
  }

  /**
   * @param until when the last instance may begin; those before it are spread over all
   */
  void measure(List<Instance> instances, Deadline until) {
    List<Problem> problems = run.workload().problems(instances);
    DeliveryTimer.Mask contenders =
        DeliveryTimer.Mask.contenders(prices(run.workload().shapes(instances)), contenderThreshold);
    List<ComparisonTimer.Group> groups = new ArrayList<>();
    for (int i = 0; i < problems.size(); i++) {
      groups.add(
          new ComparisonTimer.Group(
              problems.get(i), rivals(contenders, i, plan(instances.get(i)))));
    }
    List<ComparisonTimer.Result> results = times.besideVendors(groups, until);
    for (int i = 0; i < instances.size(); i++) {
      add(instances.get(i), problems.get(i), results.get(i), until);
    }
    if (until.isOver() && entries.size() < instances.size()) {
      remarkMissing(instances.size());
    }
  }

  /** A table of few shapes would else look as if these were all. */
  private void remarkMissing(int wanted) {
    run.progress()
        .remark(
            "the bundle was timed on "
                + entries.size()
                + " of "
                + wanted
                + " shapes: no time was left for the others; more --seconds, or a machine with less to do, leave some");
  }

  private LaunchPlan plan(Instance instance) {
    return choice.plans().get(tree.select(instance.shape()));
  }

  private double[][] prices(List<GemmShape> shapes) {
    return run.prices(choice.kernels(), new Extrapolation.Table(choice.instances(), choice.alone()))
        .seconds(LaunchPlan.singles(choice.kernels().size()), shapes);
  }

  /** The dispatched kernel first, then those whose price is near the least. */
  private List<MicroKernel> rivals(DeliveryTimer.Mask contenders, int shape, LaunchPlan plan) {
    Set<MicroKernel> kernels = new LinkedHashSet<>();
    kernels.add(choice.kernels().get(plan.main()));
    IntStream.range(0, choice.kernels().size())
        .filter(kernel -> contenders.contains(kernel, shape))
        .forEach(kernel -> kernels.add(choice.kernels().get(kernel)));
    return List.copyOf(kernels);
  }

  /** Nothing, where the dispatched kernel failed or there was no time. */
  private void add(
      Instance instance, Problem problem, ComparisonTimer.Result result, Deadline until) {
    List<Lap> laps = result.kernels();
    Took took = took(plan(instance), problem, laps.get(0), until);
    double seconds = took.seconds();
    if (Double.isNaN(seconds)) {
      return;
    }
    List<ComparisonTimer.Beside> timed =
        result.vendors().stream().filter(library -> library.lap().isOk()).toList();
    List<ComparisonTimer.Beside> alike =
        timed.stream().filter(library -> library.form() == form(run)).toList();
    double vendor = alike.stream().mapToDouble(library -> library.lap().seconds()).min().orElse(0);
    double best = laps.stream().filter(Lap::isOk).mapToDouble(Lap::seconds).min().orElse(seconds);
    entries.add(
        new BundleManifest.Expected(
            instance.values(),
            run.settings().threads(),
            tree.select(instance.shape()),
            seconds,
            1e-9 * problem.flops() / seconds,
            vendor,
            Regret.at(new double[] {seconds, best}, 0),
            instance.weight(),
            took.spread(),
            timed.stream().map(Expectation::peer).toList()));
  }

  private static BundleManifest.PeerTime peer(ComparisonTimer.Beside library) {
    return new BundleManifest.PeerTime(
        library.name(), library.version(), library.form(), library.lap().seconds());
  }

  /** Of the bundle's weights, and so of those of the libraries that it stands beside. */
  static WeightsForm form(TuningRun run) {
    return run.workload().prepares() ? WeightsForm.PREPARED : WeightsForm.PLAIN;
  }

  /**
   * Of a plan.
   *
   * @param main the first kernel alone
   */
  private Took took(LaunchPlan plan, Problem problem, Lap main, Deadline until) {
    if (plan.edgeRows(problem.gemm().m()) == 0) {
      return Took.of(main, Double.NaN);
    }
    return Took.of(main, times.of(List.of(plan), choice.kernels(), List.of(problem), until)[0]);
  }

  /**
   * What a call took.
   *
   * @param seconds NaN where they are not known
   * @param spread of the timed blocks; 0 where it is not known, as that of a pair, whose parts are
   *     timed one after the other
   */
  record Took(double seconds, double spread) {
    /**
     * Where there is no time left for a pair, the time of its first kernel alone stands for it: a
     * pair is only taken where it is faster.
     *
     * @param main the first kernel alone
     * @param pair seconds; NaN where it was not timed or the plan is no pair there
     */
    static Took of(Lap main, double pair) {
      return Double.isNaN(pair) ? new Took(main.seconds(), main.spread()) : new Took(pair, 0);
    }
  }

  /** One for each instance on which the dispatched kernel was timed. */
  List<BundleManifest.Expected> entries() {
    return List.copyOf(entries);
  }
}
