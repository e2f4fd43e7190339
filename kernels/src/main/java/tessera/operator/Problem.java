package tessera.operator;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * One concrete task: an operator with an extent for each of its axes. Kernels of matrix
 * multiplication see it as the {@link GemmShape} that it comes down to.
 *
 * @param extents by the axes' names, all positive, in the operator's order
 */
public record Problem(Operator operator, Map<String, Long> extents) {
  public Problem {
    Map<String, Long> ordered = new LinkedHashMap<>();
    for (String axis : operator.axes()) {
      Long extent = extents.get(axis);
      if (extent == null || extent < 1) {
        throw new IllegalArgumentException("extents must be positive, not " + words(extents));
      }
      ordered.put(axis, extent);
    }
    extents = Collections.unmodifiableMap(ordered);
  }

  /**
   * The problem that comes down to a matrix multiplication: where several axes make up one of its,
   * the first of them is as long as that, and the others have length 1.
   */
  public static Problem of(Operator operator, GemmShape shape) {
    Map<String, Long> extents = new LinkedHashMap<>();
    for (Axis axis : Axis.values()) {
      long left = shape.along(axis);
      if (left > 1 && operator.axes(axis).isEmpty()) {
        throw new IllegalArgumentException(
            operator + " has no axis that is as long as in " + shape);
      }
      for (String own : operator.axes(axis)) {
        extents.put(own, left);
        left = 1;
      }
    }
    return new Problem(operator, extents);
  }

  private static String words(Map<String, Long> extents) {
    return extents.entrySet().stream()
        .map(extent -> extent.getKey() + "=" + extent.getValue())
        .sorted()
        .collect(Collectors.joining(" "));
  }

  /** The number of elements along each dimension of an operand, outermost first. */
  public long[] shape(Operand operand) {
    return operand.extents(constants()).stream()
        .mapToLong(extent -> extent.evaluate(List.of(), new long[0]))
        .toArray();
  }

  private Map<String, Expression> constants() {
    Map<String, Expression> constants = new LinkedHashMap<>();
    extents.forEach((axis, extent) -> constants.put(axis, new Expression.Constant(extent)));
    return constants;
  }

  /** The number of elements of an operand; inexact beyond 2^53. */
  public double elements(Operand operand) {
    double elements = 1;
    for (long extent : shape(operand)) {
      elements *= extent;
    }
    return elements;
  }

  /** Multiplications and additions, two for each term of each sum. */
  public double flops() {
    return 2 * extents.values().stream().mapToDouble(Long::doubleValue).reduce(1, (a, b) -> a * b);
  }

  /** Bytes of the operator's own operands, each counted once. */
  public double bytes(Numerics numerics) {
    return operator.operands().stream()
        .mapToDouble(operand -> operand.type(numerics).bytes() * elements(operand))
        .sum();
  }

  /** Whether the bytes of all operands can be counted in 63 bits. */
  public boolean isAddressable() {
    return bytes(Numerics.FLOAT32) < Long.MAX_VALUE;
  }

  /** The matrix multiplication that kernels are given. */
  public GemmShape gemm() {
    return operator.gemm(extents::get);
  }

  /** The axes with their extents: {@code m=16 n=24 k=40}. */
  @Override
  public String toString() {
    return extents.entrySet().stream()
        .map(extent -> extent.getKey() + "=" + extent.getValue())
        .collect(Collectors.joining(" "));
  }
}
