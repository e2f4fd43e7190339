package tessera.job.deliver.choice;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import tessera.dispatch.LaunchPlan;
import tessera.job.predict.Extrapolation;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.operator.GemmShape;

/**
 * Which micro-kernel the cost model would give the rows that a tile of another would waste, and how
 * many of them. Only measurement makes that a plan.
 *
 * <p>What is left of m, modulo the rows of a tile, is nothing that a tree over the shape could
 * learn: a pair takes the place of its first micro-kernel, and knows itself where to cut.
 */
final class PairProposals {
  private final Extrapolation prices;
  private final SearchSpace space;
  private final List<MicroKernel> kernels;
  private final double leastGain;

  /**
   * @param prices fitted to the kernels
   * @param leastGain share of the weighted relative time that a pair is to save, by prediction
   */
  PairProposals(
      Extrapolation prices, SearchSpace space, List<MicroKernel> kernels, double leastGain) {
    this.prices = prices;
    this.space = space;
    this.kernels = List.copyOf(kernels);
    this.leastGain = leastGain;
  }

  /**
   * The best pair for a kernel on unbatched shapes, if any is worth measuring.
   *
   * @param others plans that take what they are faster on
   * @param weights of the shapes
   */
  Optional<LaunchPlan> promising(
      int main, List<LaunchPlan> others, List<GemmShape> shapes, double[] weights) {
    int rows = space.family(kernels.get(main)).tiling(kernels.get(main)).tileM();
    Optional<LaunchPlan> winner = Optional.empty();
    double most = leastGain;
    double[] fastest = shapes.stream().mapToDouble(shape -> fastest(others, shape)).toArray();
    for (int edge = 0; edge < kernels.size(); edge++) {
      if (edge != main && rows > 1) {
        double gain = 0;
        for (Map.Entry<Integer, Double> saving :
            savings(main, edge, rows, shapes, weights, fastest).entrySet()) {
          gain += saving.getValue();
          if (gain > most) {
            most = gain;
            winner = Optional.of(new LaunchPlan(main, edge, rows, saving.getKey()));
          }
        }
      }
    }
    return winner.map(pair -> widened(pair, shapes));
  }

  /**
   * The same pair with as many more rows left to its second micro-kernel as that is predicted to
   * save time: the instances need not have such lengths, but what is never seen may.
   */
  private LaunchPlan widened(LaunchPlan pair, List<GemmShape> shapes) {
    GemmShape any = shapes.get(shapes.size() / 2);
    int most = pair.most();
    while (most + 1 < pair.rows() && saves(pair, any, most + 1)) {
      most++;
    }
    return new LaunchPlan(pair.main(), pair.edge(), pair.rows(), most);
  }

  /** Whether to cut saves time with so many rows left, alone and behind a tile. */
  private boolean saves(LaunchPlan pair, GemmShape like, int left) {
    LaunchPlan cut = new LaunchPlan(pair.main(), pair.edge(), pair.rows(), pair.rows() - 1);
    LaunchPlan whole = LaunchPlan.single(pair.main());
    return IntStream.of(left, pair.rows() + left)
        .mapToObj(m -> new GemmShape(like.batch(), m, like.n(), like.k()))
        .allMatch(shape -> prices.seconds(cut, shape) < prices.seconds(whole, shape));
  }

  private double fastest(List<LaunchPlan> others, GemmShape shape) {
    return others.stream()
        .mapToDouble(other -> prices.seconds(other, shape))
        .min()
        .orElse(Double.POSITIVE_INFINITY);
  }

  /**
   * Share of the weighted time that is saved on the shapes with so many rows left, fewest first.
   *
   * @param fastest of the other plans, on each shape
   */
  private SortedMap<Integer, Double> savings(
      int main, int edge, int rows, List<GemmShape> shapes, double[] weights, double[] fastest) {
    SortedMap<Integer, Double> savings = new TreeMap<>();
    double total = IntStream.range(0, weights.length).mapToDouble(i -> weights[i]).sum();
    for (int i = 0; i < weights.length; i++) {
      GemmShape shape = shapes.get(i);
      int left = (int) (shape.m() % rows);
      if (left > 0) {
        double before = Math.min(fastest[i], prices.seconds(LaunchPlan.single(main), shape));
        double cut = prices.seconds(new LaunchPlan(main, edge, rows, rows - 1), shape);
        double after = Math.min(fastest[i], cut);
        savings.merge(left, weights[i] / total * (1 - after / before), Double::sum);
      }
    }
    return savings;
  }
}
