package tessera.job;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import tessera.dispatch.LaunchPlan;
import tessera.job.search.Combinations;
import tessera.job.search.Extrapolation;
import tessera.microkernel.MicroKernel;
import tessera.workload.Axis;
import tessera.workload.GemmShape;
import tessera.workload.Instance;

/**
 * Lets micro-kernels of a portfolio leave the rows that their tiles would waste to others: priced
 * by the cost model, and taken where measurement agrees.
 */
final class Combining {
  /** Instances on which pairs of micro-kernels are priced. */
  private static final int PRICED = 200;

  private final TuningRun run;
  private final InstanceTimes times;
  private final double leastGain;

  /**
   * @param leastGain share of the weighted relative time that a pair is to save
   */
  Combining(TuningRun run, InstanceTimes times, double leastGain) {
    this.run = run;
    this.times = times;
    this.leastGain = leastGain;
  }

  /**
   * The portfolio, measured on the instances, with its pairs.
   *
   * @param screened micro-kernels that may take the rows that are left
   * @param known their measured times, on some of the instances at least
   * @param portfolio indices of some of them
   */
  Choice choose(
      List<MicroKernel> screened,
      Extrapolation.Table known,
      List<Integer> portfolio,
      List<Instance> instances) {
    List<MicroKernel> kernels = new ArrayList<>();
    portfolio.forEach(index -> kernels.add(screened.get(index)));
    List<GemmShape> shapes = times.shapes(instances);
    List<double[]> alone = new ArrayList<>(Arrays.asList(times.of(kernels, shapes)));
    List<double[]> seconds = new ArrayList<>(alone);
    List<LaunchPlan> plans = new ArrayList<>(LaunchPlan.singles(kernels.size()));
    List<Optional<LaunchPlan>> pairs = promising(screened, known, portfolio);
    for (int i = 0; i < portfolio.size(); i++) {
      Optional<LaunchPlan> promising = pairs.get(i);
      if (promising.isEmpty()) {
        continue;
      }
      LaunchPlan pair = promising.get();
      MicroKernel edge = screened.get(pair.edge());
      try {
        double[] cut = times.of(pair, screened, shapes);
        if (gain(seconds, i, cut, instances) > leastGain) {
          if (!kernels.contains(edge)) {
            alone.add(times.of(List.of(edge), shapes)[0]);
            kernels.add(edge);
          }
          plans.set(i, new LaunchPlan(i, kernels.indexOf(edge), pair.rows(), pair.most()));
          seconds.set(i, cut);
        }
      } catch (IllegalStateException e) {
        // a pair that fails somewhere costs no more than itself
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
   * For each of the portfolio, a pair over the screened kernels. Matrices of a batch are not cut.
   */
  private List<Optional<LaunchPlan>> promising(
      List<MicroKernel> screened, Extrapolation.Table known, List<Integer> portfolio) {
    if (run.workload().operator().axes().contains(Axis.BATCH)) {
      return Collections.nCopies(portfolio.size(), Optional.empty());
    }
    List<Instance> priced = run.workload().sampled(PRICED);
    double[] weights = priced.stream().mapToDouble(Instance::weight).toArray();
    Combinations combinations =
        new Combinations(run.prices(screened, known), run.space(), screened, leastGain);
    return portfolio.stream()
        .map(
            main -> {
              List<Integer> others =
                  portfolio.stream().filter(other -> !other.equals(main)).toList();
              return combinations.promising(main, others, times.shapes(priced), weights);
            })
        .toList();
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
}
