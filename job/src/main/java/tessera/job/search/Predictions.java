package tessera.job.search;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tessera.cost.CostModel;
import tessera.job.predict.Objective;
import tessera.microkernel.MicroKernel;

/** Predicted seconds of micro-kernels on the instances of an objective, and the least of each. */
final class Predictions {
  private final Objective objective;
  private final Map<MicroKernel, double[]> seconds = new LinkedHashMap<>();
  private double[] best;

  Predictions(Objective objective) {
    this.objective = objective;
    this.best = objective.unknown();
  }

  void put(MicroKernel kernel, double[] predicted) {
    seconds.put(kernel, predicted);
    best = least(predicted, best);
  }

  /** Adds what a model says of micro-kernels of which nothing is known yet. */
  void expect(List<MicroKernel> kernels, CostModel model) {
    List<MicroKernel> unknown =
        kernels.stream().filter(kernel -> !seconds.containsKey(kernel)).distinct().toList();
    List<double[]> expected =
        unknown.parallelStream()
            .map(kernel -> objective.seconds(kernel, model.predict(kernel)))
            .toList();
    for (int i = 0; i < expected.size(); i++) {
      put(unknown.get(i), expected.get(i));
    }
  }

  boolean contains(MicroKernel kernel) {
    return seconds.containsKey(kernel);
  }

  boolean isEmpty() {
    return seconds.isEmpty();
  }

  double[] of(MicroKernel kernel) {
    return seconds.get(kernel);
  }

  Set<Map.Entry<MicroKernel, double[]>> entries() {
    return seconds.entrySet();
  }

  /** The least seconds known for each instance. */
  double[] best() {
    return best.clone();
  }

  /** The lesser of two times of each instance. */
  static double[] least(double[] a, double[] b) {
    double[] least = a.clone();
    for (int i = 0; i < least.length; i++) {
      least[i] = Math.min(least[i], b[i]);
    }
    return least;
  }
}
