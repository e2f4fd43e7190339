package tessera.dispatch;

import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import tessera.runtime.Bundle;

/** Nanoseconds to select a kernel in Java: of a bundle's tree, and of a full tree of depth 8. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class DispatchBenchmark {
  private static final int SHAPES = 4096;

  /** A bundle's folder, or empty for the full tree. */
  @Param("")
  private String bundle;

  private DecisionTree tree;
  private final long[][] shapes = new long[SHAPES][];
  private int next;

  @Setup
  public void prepare() {
    int rank = 1;
    tree = full(8);
    if (!bundle.isEmpty()) {
      Bundle opened = Bundle.open(Path.of(bundle));
      tree = opened.dispatch();
      rank = opened.manifest().workload().variables().size();
    }
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < SHAPES; i++) {
      shapes[i] = random.longs(rank, 1, 129).toArray();
    }
  }

  /** Splits 1 to 2^depth in halves. */
  static DecisionTree full(int depth) {
    int inner = (1 << depth) - 1;
    int size = 2 * inner + 1;
    int[] variable = new int[size];
    long[] threshold = new long[size];
    int[] left = new int[size];
    int[] right = new int[size];
    int[] label = new int[size];
    for (int node = 0; node < size; node++) {
      int level = 31 - Integer.numberOfLeadingZeros(node + 1);
      long width = 1L << (depth - level);
      variable[node] = node < inner ? 0 : -1;
      threshold[node] = (node + 1 - (1L << level)) * width + width / 2;
      left[node] = 2 * node + 1;
      right[node] = 2 * node + 2;
      label[node] = node < inner ? 0 : node - inner;
    }
    return new DecisionTree(variable, threshold, left, right, label);
  }

  @Benchmark
  public int select() {
    next = next + 1 & SHAPES - 1;
    return tree.select(shapes[next]);
  }
}
