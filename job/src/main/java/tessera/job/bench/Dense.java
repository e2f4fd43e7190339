package tessera.job.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import tessera.UserError;
import tessera.operator.Axis;
import tessera.operator.Expression;
import tessera.operator.GemmShape;
import tessera.operator.Numerics;
import tessera.operator.Operator;
import tessera.operator.Problem;
import tessera.workload.Workload;

/** One dense layer on one input: y[m, n] = x[m, k] w[n, k]^T. */
public record Dense(long m, long n, long k) {
  private static final long[] BERT_T = {1, 5, 8, 15, 24, 33, 43, 52, 62, 71, 81, 100, 119, 128};
  private static final long[][] BERT_LAYERS = {{2304, 768}, {768, 768}, {3072, 768}, {768, 3072}};

  /** The share of a machine's memory that operands and output may take, beside what checks them. */
  private static final double MEMORY_SHARE = 0.25;

  /** BERT base's four dense layers on 16 sentences of 14 lengths. */
  public static List<Dense> bert() {
    List<Dense> shapes = new ArrayList<>();
    for (long[] layer : BERT_LAYERS) {
      for (long t : BERT_T) {
        shapes.add(new Dense(16 * t, layer[0], layer[1]));
      }
    }
    return shapes;
  }

  /** Log-uniform extents of no particular divisibility. */
  public static List<Dense> random(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                new Dense(
                    logUniform(random, 1, 2048),
                    logUniform(random, 64, 3072),
                    logUniform(random, 64, 3072)))
        .toList();
  }

  /** A workload's layer on numbers of rows; nothing where it is no dense layer of fixed n and k. */
  public static List<Dense> ofRows(Workload workload, List<Long> rows) {
    if (!workload.operator().equals(Operator.DENSE)) {
      return List.of();
    }
    long n = workload.staticExtent(Axis.N);
    long k = workload.staticExtent(Axis.K);
    return n > 0 && k > 0 ? rows.stream().map(m -> new Dense(m, n, k)).toList() : List.of();
  }

  /**
   * @throws UserError naming the first of some shapes that a machine has no memory for
   */
  public static void checkMemory(List<Dense> shapes, long memoryBytes) {
    for (Dense shape : shapes) {
      double bytes = shape.problem().bytes(Numerics.FLOAT32);
      if (bytes > MEMORY_SHARE * memoryBytes) {
        throw new UserError(
            String.format(
                Locale.ROOT,
                "%d rows of a %dx%d layer take %.3g GB, of the %.3g GB of memory that may be used for them; give smaller --rows",
                shape.m,
                shape.n,
                shape.k,
                1e-9 * bytes,
                1e-9 * MEMORY_SHARE * memoryBytes));
      }
    }
  }

  private static long logUniform(SplittableRandom random, double low, double high) {
    return Math.round(low * Math.pow(high / low, random.nextDouble()));
  }

  Problem problem() {
    return Problem.of(Operator.DENSE, new GemmShape(1, m, n, k));
  }

  /**
   * The variables' values for which a workload is this layer; each extent must be affine in at most
   * one of them.
   */
  Optional<long[]> solve(Workload workload) {
    if (!workload.operator().equals(Operator.DENSE)) {
      return Optional.empty();
    }
    long[] values = new long[workload.variables().size()];
    Arrays.fill(values, 1);
    for (Axis axis : List.of(Axis.M, Axis.N, Axis.K)) {
      Expression extent = workload.extents().get(axis.key());
      for (String variable : extent.variables()) {
        int at = workload.variables().indexOf(variable);
        long[] probe = values.clone();
        probe[at] = 1;
        long one = extent.evaluate(workload.variables(), probe);
        probe[at] = 2;
        long step = extent.evaluate(workload.variables(), probe) - one;
        values[at] = step == 0 ? 1 : 1 + (along(axis) - one) / step;
      }
    }
    boolean positive = Arrays.stream(values).allMatch(v -> v > 0);
    return positive && workload.problem(values).equals(problem())
        ? Optional.of(values)
        : Optional.empty();
  }

  private long along(Axis axis) {
    return switch (axis) {
      case BATCH -> 1;
      case M -> m;
      case N -> n;
      case K -> k;
    };
  }
}
