package tessera.job.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import tessera.backend.cpu.CpuBackend;
import tessera.cost.BoostedTrees;
import tessera.cost.LearnedCost;
import tessera.measure.Timing;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.SearchSpace;
import tessera.microkernel.Tiling;
import tessera.operator.GemmShape;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/**
 * How many (micro-kernel, instance) pairs a second the search's inner loop predicts on one core: 40
 * trees of depth 3 for each micro-kernel, then the adaptation to each of 16 instances.
 */
public final class PredictionBenchmark {
  private static final int KERNELS = 1024;
  private static final int INSTANCES = 16;
  private static final int TREES = 40;
  private static final int DEPTH = 3;

  /** Rounds before those that count, in which Java compiles the loop. */
  private static final int WARM_UP = 3;

  private static final long ROUND_NANOS = 1_000_000_000;

  private final SearchSpace space;
  private final LearnedCost model;
  private final List<MicroKernel> kernels = new ArrayList<>();
  private final List<GemmShape> shapes = new ArrayList<>();

  /** The sum of all predictions, which keeps them from being optimised away. */
  private double predicted;

  public PredictionBenchmark(CpuBackend backend) {
    Workload workload =
        new WorkloadSpec(
                "prediction",
                "dense",
                "float32",
                "none",
                List.of("T"),
                Map.of("m", "16 * T", "n", "2304", "k", "768"))
            .anywhere();
    this.space = backend.hardware().space(workload);
    SplittableRandom random = new SplittableRandom(1);
    this.model = new LearnedCost(space, trees(space.featureNames().size() + 1, random));
    for (int i = 0; i < KERNELS; i++) {
      kernels.add(space.sample(random));
    }
    for (int i = 0; i < INSTANCES; i++) {
      shapes.add(workload.shape(1 + 8 * i));
    }
  }

  /**
   * Prints the median of some rounds of a second.
   *
   * @param rounds that count
   */
  public void run(int rounds, PrintStream to, Figures figures) {
    for (int round = 0; round < WARM_UP; round++) {
      pairsPerSecond(ROUND_NANOS);
    }
    double[] speeds = new double[rounds];
    for (int round = 0; round < rounds; round++) {
      speeds[round] = pairsPerSecond(ROUND_NANOS);
    }
    double millions = 1e-6 * Timing.median(speeds);
    figures.add(
        "pairs of a micro-kernel and an instance that the search predicts on one core",
        millions,
        "million/s",
        "prediction");
    to.printf(
        Locale.ROOT,
        "the search predicts %.2f million (micro-kernel, instance) pairs a second on one core%n",
        millions);
  }

  double pairsPerSecond(long nanos) {
    long start = System.nanoTime();
    long pairs = 0;
    while (System.nanoTime() - start < nanos) {
      for (MicroKernel kernel : kernels) {
        predicted += seconds(kernel);
        pairs += INSTANCES;
      }
    }
    return 1e9 * pairs / (System.nanoTime() - start);
  }

  private double seconds(MicroKernel kernel) {
    MicroKernelCost cost = model.predict(kernel);
    Tiling tiling = space.family(kernel).tiling(kernel);
    double sum = 0;
    for (GemmShape shape : shapes) {
      sum += tiling.adaptation(shape, 2).seconds(cost);
    }
    return sum;
  }

  /** Full trees with random splits. */
  private static BoostedTrees trees(int features, SplittableRandom random) {
    int inner = (1 << DEPTH) - 1;
    int size = 2 * inner + 1;
    int[] roots = new int[TREES];
    double[] weights = new double[TREES];
    int[] feature = new int[TREES * size];
    double[] threshold = new double[TREES * size];
    int[] left = new int[TREES * size];
    int[] right = new int[TREES * size];
    for (int tree = 0; tree < TREES; tree++) {
      roots[tree] = tree * size;
      weights[tree] = 0.1;
      for (int node = 0; node < size; node++) {
        int at = roots[tree] + node;
        feature[at] = node < inner ? random.nextInt(features) : -1;
        threshold[at] = node < inner ? 8 * random.nextDouble() : random.nextDouble() - 0.5;
        left[at] = roots[tree] + 2 * node + 1;
        right[at] = roots[tree] + 2 * node + 2;
      }
    }
    return new BoostedTrees(roots, weights, feature, threshold, left, right);
  }
}
