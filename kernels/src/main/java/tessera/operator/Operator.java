package tessera.operator;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * An operator that can be tuned: an element of its output is the sum, over all axes that the output
 * lacks, of the products of the two inputs' elements.
 *
 * <p>An operator is data and not a class of its own, since everything else follows from its
 * operands: the axes, their part in a matrix multiplication, the reference result, operations and
 * bytes. A convolution has the same form: {@code x[n, h + r, w + s, c]}, {@code w[k, r, s, c]},
 * {@code y[n, h, w, k]}; its stride and padding stand in the dimensions of x. What an operator
 * computes is therefore never asked by its name.
 */
public final class Operator {
  private static final int INPUTS = 2;

  /** {@code y[m, n] = sum over k of x[m, k] * w[n, k]}. */
  public static final Operator DENSE =
      new Operator(
          "dense",
          List.of(
              Operand.input("x", "m", "k"),
              Operand.weight("w", "n", "k"),
              Operand.output("y", "m", "n")));

  /** {@code y[b, m, n] = sum over k of x[b, m, k] * w[b, n, k]}. */
  public static final Operator BATCH_MATMUL_NT =
      new Operator(
          "batch_matmul_nt",
          List.of(
              Operand.input("x", "b", "m", "k"),
              Operand.input("w", "b", "n", "k"),
              Operand.output("y", "b", "m", "n")));

  /** {@code y[b, m, n] = sum over k of x[b, m, k] * w[b, k, n]}. */
  public static final Operator BATCH_MATMUL_NN =
      new Operator(
          "batch_matmul_nn",
          List.of(
              Operand.input("x", "b", "m", "k"),
              Operand.input("w", "b", "k", "n"),
              Operand.output("y", "b", "m", "n")));

  /** All of this class; workload files can name others too. */
  public static final List<Operator> SHIPPED = List.of(DENSE, BATCH_MATMUL_NT, BATCH_MATMUL_NN);

  private final String key;
  private final List<Operand> operands;
  private final List<String> axes;
  private final Map<Axis, List<String>> parts;
  private final boolean secondIsNk;

  /**
   * @param key the name in workload files
   * @param operands two inputs in the order in which calls take them, then the output, whose
   *     dimensions are axes
   */
  @JsonCreator
  public Operator(
      @JsonProperty("key") String key, @JsonProperty("operands") List<Operand> operands) {
    this.key = key;
    this.operands = List.copyOf(operands);
    if (operands.size() != INPUTS + 1
        || output().role() != Operand.Role.OUTPUT
        || !output().dimensions().stream().allMatch(Expression.Variable.class::isInstance)) {
      throw new IllegalArgumentException(
          key + " must have two inputs, then an output whose dimensions are axes, not " + operands);
    }
    this.axes = axesOf(Stream.concat(Stream.of(output()), inputs().stream()));
    this.parts = axes.stream().collect(Collectors.groupingBy(this::part));
    List<Expression> second = operands.get(1).dimensions();
    this.secondIsNk = axes(Axis.K).containsAll(second.get(second.size() - 1).variables());
  }

  private static List<String> axesOf(Stream<Operand> operands) {
    return operands
        .flatMap(operand -> operand.dimensions().stream())
        .flatMap(dimension -> dimension.variables().stream())
        .distinct()
        .toList();
  }

  /** The name in workload files. */
  @JsonProperty
  public String key() {
    return key;
  }

  /** Two inputs in the order in which calls take them, then the output. */
  @JsonProperty
  public List<Operand> operands() {
    return operands;
  }

  public Operand output() {
    return operands.get(INPUTS);
  }

  /** The two operands that are multiplied. */
  public List<Operand> inputs() {
    return operands.subList(0, INPUTS);
  }

  /** All operands of a call: inputs, what the epilogue takes, and the output. */
  public List<Operand> operands(Epilogue epilogue) {
    return Stream.of(inputs(), epilogue.operands(this), List.of(output()))
        .flatMap(List::stream)
        .toList();
  }

  /** The axes that a workload must give extents for: the output's, then those of the sum. */
  public List<String> axes() {
    return axes;
  }

  /**
   * The axes that make up an axis of the matrix multiplication: m those of the output that the
   * first input alone has, n those that the second alone has, b those that both have, k those of
   * the sum.
   */
  public List<String> axes(Axis axis) {
    return parts.getOrDefault(axis, List.of());
  }

  /**
   * The matrix multiplication that kernels are given.
   *
   * @param extents of the operator's axes
   */
  public GemmShape gemm(ToLongFunction<String> extents) {
    return new GemmShape(
        along(Axis.BATCH, extents),
        along(Axis.M, extents),
        along(Axis.N, extents),
        along(Axis.K, extents));
  }

  private long along(Axis axis, ToLongFunction<String> extents) {
    long product = 1;
    for (String own : axes(axis)) {
      product = Math.multiplyExact(product, extents.applyAsLong(own));
    }
    return product;
  }

  private Axis part(String axis) {
    if (!output().has(axis)) {
      return Axis.K;
    }
    boolean first = operands.get(0).has(axis);
    boolean second = operands.get(1).has(axis);
    return first && second ? Axis.BATCH : first ? Axis.M : Axis.N;
  }

  /**
   * Whether its operands are stored as those of a (batched) matrix multiplication: [b, m, k], then
   * [b, n, k] or [b, k, n], then [b, m, n], where each of the four stands for all axes that make it
   * up, in one order.
   */
  public boolean isMatrixMultiplication() {
    List<String> b = axes(Axis.BATCH);
    List<String> m = axes(Axis.M);
    List<String> n = axes(Axis.N);
    List<String> k = axes(Axis.K);
    return isStoredAs(operands.get(0), List.of(b, m, k))
        && (isStoredAs(operands.get(1), List.of(b, n, k))
            || isStoredAs(operands.get(1), List.of(b, k, n)))
        && isStoredAs(output(), List.of(b, m, n));
  }

  private static boolean isStoredAs(Operand operand, List<List<String>> blocks) {
    return operand
        .dimensions()
        .equals(
            blocks.stream()
                .flatMap(List::stream)
                .<Expression>map(Expression.Variable::new)
                .toList());
  }

  /** Whether it computes several independent matrices. */
  public boolean isBatched() {
    return !axes(Axis.BATCH).isEmpty();
  }

  /** Whether the second input is stored as [n, k] rather than [k, n]. */
  public boolean secondIsNk() {
    return secondIsNk;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Operator same && key.equals(same.key) && operands.equals(same.operands);
  }

  @Override
  public int hashCode() {
    return Objects.hash(key, operands);
  }

  @Override
  public String toString() {
    return key;
  }
}
