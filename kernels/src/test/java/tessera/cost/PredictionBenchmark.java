package tessera.cost;

import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import tessera.backend.cpu.CpuBackend;
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
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class PredictionBenchmark {
  private static final int KERNELS = 1024;
  private static final int INSTANCES = 16;
  private static final int TREES = 40;
  private static final int DEPTH = 3;

  private SearchSpace space;
  private LearnedCost model;
  private final MicroKernel[] kernels = new MicroKernel[KERNELS];
  private final GemmShape[] shapes = new GemmShape[INSTANCES];
  private int next;

  @Setup
  public void prepare() {
    Workload workload =
        new WorkloadSpec(
                "prediction",
                "dense",
                "float32",
                "none",
                List.of("T"),
                java.util.Map.of("m", "16 * T", "n", "2304", "k", "768"))
            .anywhere();
    space = CpuBackend.detect().space(workload);
    SplittableRandom random = new SplittableRandom(1);
    model = new LearnedCost(space, trees(space.featureNames().size() + 1, random));
    for (int i = 0; i < KERNELS; i++) {
      kernels[i] = space.sample(random);
    }
    for (int i = 0; i < INSTANCES; i++) {
      shapes[i] = workload.shape(1 + 8 * i);
    }
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

  @Benchmark
  @OperationsPerInvocation(INSTANCES)
  public double pairs() {
    next = next + 1 & KERNELS - 1;
    MicroKernel kernel = kernels[next];
    MicroKernelCost cost = model.predict(kernel);
    Tiling tiling = space.family(kernel).tiling(kernel);
    double sum = 0;
    for (GemmShape shape : shapes) {
      sum += Adaptation.of(tiling, shape, 2).seconds(cost);
    }
    return sum;
  }
}
