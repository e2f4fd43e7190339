package tessera.job.bench;

import java.io.PrintStream;
import java.util.Locale;
import java.util.SplittableRandom;
import tessera.Count;
import tessera.backend.cpu.CpuBackend;
import tessera.dispatch.DecisionTree;
import tessera.runtime.Bundle;

/** Nanoseconds to select a plan, through the C interface and in Java. */
public final class DispatchBenchmark {
  /** Shapes that calls go through, too many for a processor to learn the branches of. */
  private static final int SHAPES = 4096;

  /** Calls of a repetition, as many as in C. */
  private static final int CALLS = 20_000_000;

  /** Repetitions in Java, the last of which counts: by then the loop is compiled. */
  private static final int ROUNDS = 5;

  private final CpuBackend backend;
  private final PrintStream to;
  private final Figures figures;

  /** The sum of all selected plans, which keeps the calls from being optimised away. */
  private long selected;

  public DispatchBenchmark(CpuBackend backend, PrintStream to, Figures figures) {
    this.backend = backend;
    this.to = to;
    this.figures = figures;
  }

  public void run(Bundle bundle) {
    String name = bundle.manifest().name();
    int rank = bundle.manifest().workload().variables().size();
    double inC = backend.harness().selectNanos(bundle);
    double inJava = javaNanos(bundle.dispatch(), rank);
    figures.add(name + ", time to select a kernel in C", inC, "ns", "dispatch", name);
    figures.add(name + ", time to select a kernel in Java", inJava, "ns", "dispatch", name, "java");
    to.printf(
        Locale.ROOT,
        "%s: selecting a plan takes %.1f ns in C and %.1f ns in Java (%s, depth %d)%n",
        name,
        inC,
        inJava,
        Count.of(bundle.dispatch().leaves(), "leaf"),
        bundle.dispatch().depth());
  }

  /** Over shapes that change with every call. */
  double javaNanos(DecisionTree tree, int rank) {
    SplittableRandom random = new SplittableRandom(1);
    long[][] shapes = new long[SHAPES][];
    for (int i = 0; i < SHAPES; i++) {
      shapes[i] = random.longs(rank, 1, 129).toArray();
    }
    double nanos = 0;
    for (int round = 0; round < ROUNDS; round++) {
      long start = System.nanoTime();
      selected += sum(tree, shapes);
      nanos = (double) (System.nanoTime() - start) / CALLS;
    }
    return nanos;
  }

  private static long sum(DecisionTree tree, long[][] shapes) {
    long sum = 0;
    for (int call = 0; call < CALLS; call++) {
      sum += tree.select(shapes[call % SHAPES]);
    }
    return sum;
  }
}
