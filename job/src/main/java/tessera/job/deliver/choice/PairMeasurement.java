package tessera.job.deliver.choice;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import tessera.dispatch.LaunchPlan;
import tessera.job.deliver.timing.DeliveryEffort;
import tessera.job.deliver.timing.DeliveryTimer;
import tessera.job.predict.Extrapolation;
import tessera.job.run.TuningRun;
import tessera.measure.Deadline;
import tessera.microkernel.MicroKernel;
import tessera.operator.GemmShape;
import tessera.operator.Problem;
import tessera.workload.Instance;

/**
 * Lets micro-kernels of a portfolio leave the rows that their tiles would waste to others: priced
 * by the cost model, and taken where measurement agrees.
 */
public final class PairMeasurement {
  /** Instances on which pairs of micro-kernels are priced. */
  private static final int PRICED = 200;

  private final TuningRun run;
  private final DeliveryTimer times;
  private final DeliveryEffort effort;

  public PairMeasurement(TuningRun run, DeliveryTimer times, DeliveryEffort effort) {
    this.run = run;
    this.times = times;
    this.effort = effort;
  }

  /**
   * The portfolio, measured where it may be chosen, with its pairs, and without what fails there.
   *
   * @param shortlist micro-kernels that may take the rows that are left
   * @param known their measured times, on some of the instances at least
   * @param portfolio indices of some of them
   * @param until when the last timing may begin
   * @return empty where all of the portfolio fail
   */
  public Optional<Choice> choose(
      List<MicroKernel> shortlist,
      Extrapolation.Table known,
      List<Integer> portfolio,
      List<Instance> instances,
      Deadline until) {
    Extrapolation prices = run.prices(shortlist, known);
    return PortfolioTimes.of(
            prices,
            shortlist,
            portfolio,
            run.workload().problems(instances),
            times,
            effort.traits().contenderThreshold(),
            until)
        .map(own -> paired(shortlist, prices, own, instances, until));
  }

  /** The portfolio with those pairs that measurement agrees to. */
  private Choice paired(
      List<MicroKernel> shortlist,
      Extrapolation prices,
      PortfolioTimes own,
      List<Instance> instances,
      Deadline until) {
    List<Problem> problems = run.workload().problems(instances);
    List<MicroKernel> kernels =
        new ArrayList<>(own.portfolio().stream().map(shortlist::get).toList());
    List<double[]> alone = new ArrayList<>(List.of(own.filled()));
    List<double[]> seconds = new ArrayList<>(List.of(own.seconds()));
    List<LaunchPlan> plans = new ArrayList<>(LaunchPlan.singles(kernels.size()));
    List<Optional<LaunchPlan>> pairs = promising(prices, shortlist, own.portfolio());
    for (int i = 0; i < pairs.size(); i++) {
      Optional<LaunchPlan> promising = pairs.get(i);
      if (promising.isEmpty()) {
        continue;
      }
      LaunchPlan pair = promising.get();
      MicroKernel edge = shortlist.get(pair.edge());
      double[] cut = cut(pair, shortlist, problems, seconds.get(i), until);
      if (gain(seconds, i, cut, instances) > effort.traits().leastGain()) {
        if (!kernels.contains(edge)) {
          alone.add(alone(prices, pair.edge(), edge, problems, until));
          kernels.add(edge);
        }
        plans.set(i, new LaunchPlan(i, kernels.indexOf(edge), pair.rows(), pair.most()));
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

  /**
   * Times of a pair: where it leaves no rows to its second kernel, those of the first alone. All
   * NaN where one of the others failed or was not timed: a pair is known whole or not taken.
   */
  private double[] cut(
      LaunchPlan pair,
      List<MicroKernel> shortlist,
      List<Problem> problems,
      double[] main,
      Deadline until) {
    int[] both =
        IntStream.range(0, main.length)
            .filter(i -> pair.edgeRows(problems.get(i).gemm().m()) > 0)
            .toArray();
    double[] timed =
        times.of(
            Collections.nCopies(both.length, pair),
            shortlist,
            Arrays.stream(both).mapToObj(problems::get).toList(),
            until);
    double[] cut = main.clone();
    for (int i = 0; i < both.length; i++) {
      cut[both[i]] = timed[i];
    }
    if (Arrays.stream(timed).anyMatch(Double::isNaN)) {
      Arrays.fill(cut, Double.NaN);
    }
    return cut;
  }

  /** Times of a kernel that is no plan of its own, or its prices where it was not timed. */
  private double[] alone(
      Extrapolation prices, int index, MicroKernel edge, List<Problem> problems, Deadline until) {
    double[][] timed = times.of(List.of(edge), problems, DeliveryTimer.Mask.ALL, until);
    List<GemmShape> shapes = problems.stream().map(Problem::gemm).toList();
    return Extrapolation.filled(timed, prices.seconds(List.of(LaunchPlan.single(index)), shapes))[
        0];
  }

  /**
   * For each of the portfolio, a pair over the kernels of the shortlist that saves time beside the
   * pairs before it: many would save the same. Matrices of a batch are not cut.
   *
   * @param prices fitted to the kernels of the shortlist
   */
  private List<Optional<LaunchPlan>> promising(
      Extrapolation prices, List<MicroKernel> shortlist, List<Integer> portfolio) {
    if (run.workload().operator().isBatched()) {
      return Collections.nCopies(portfolio.size(), Optional.empty());
    }
    List<Instance> priced = run.workload().sampled(PRICED);
    double[] weights = priced.stream().mapToDouble(Instance::weight).toArray();
    PairProposals proposals =
        new PairProposals(prices, run.space(), shortlist, effort.traits().leastGain());
    List<GemmShape> shapes = run.workload().shapes(priced);
    List<LaunchPlan> plans = new ArrayList<>(portfolio.stream().map(LaunchPlan::single).toList());
    List<Optional<LaunchPlan>> pairs = new ArrayList<>();
    for (int i = 0; i < portfolio.size(); i++) {
      List<LaunchPlan> others = new ArrayList<>(plans);
      others.remove(i);
      Optional<LaunchPlan> pair = proposals.promising(portfolio.get(i), others, shapes, weights);
      pairs.add(pair);
      plans.set(i, pair.orElse(plans.get(i)));
    }
    return pairs;
  }

  /**
   * The share of the weighted relative time that another time of one plan saves.
   *
   * @param seconds of [plan][instance]; NaN where a plan was not timed
   * @param other of each instance; NaN where it was not timed
   */
  private static double gain(
      List<double[]> seconds, int plan, double[] other, List<Instance> instances) {
    double saved = 0;
    double weights = 0;
    for (int i = 0; i < other.length; i++) {
      double before = Double.POSITIVE_INFINITY;
      double after = Double.isNaN(other[i]) ? Double.POSITIVE_INFINITY : other[i];
      for (int p = 0; p < seconds.size(); p++) {
        double time = seconds.get(p)[i];
        if (!Double.isNaN(time)) {
          before = Math.min(before, time);
          after = p == plan ? after : Math.min(after, time);
        }
      }
      if (Double.isFinite(before) && Double.isFinite(after)) {
        saved += instances.get(i).weight() * (1 - after / before);
        weights += instances.get(i).weight();
      }
    }
    return weights > 0 ? saved / weights : 0;
  }
}
