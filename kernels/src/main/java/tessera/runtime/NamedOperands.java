package tessera.runtime;

import com.sun.jna.Pointer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import tessera.operator.Expression;
import tessera.operator.Operand;
import tessera.operator.Problem;
import tessera.workload.Workload;

/** The operands of a call by name, as the bundle's C interface takes them: in their order. */
final class NamedOperands {
  private final Workload workload;
  private final List<Operand> operands;

  NamedOperands(Workload workload) {
    this.workload = workload;
    this.operands = workload.operands();
  }

  /**
   * @return the inputs, then the output
   * @throws IllegalArgumentException naming what is missing or unknown
   */
  <T> List<T> inOrder(Map<String, T> given) {
    List<String> names = operands.stream().map(Operand::name).toList();
    for (String name : given.keySet()) {
      if (!names.contains(name)) {
        throw new IllegalArgumentException(
            "there is no operand '" + name + "'; the operands are " + names);
      }
    }
    List<T> ordered = new ArrayList<>();
    for (String name : names) {
      T value = given.get(name);
      if (value == null) {
        throw new IllegalArgumentException(
            "the operand '" + name + "' is missing; the operands are " + names);
      }
      ordered.add(value);
    }
    return ordered;
  }

  /**
   * @param shape the shape variables' values
   * @throws IllegalArgumentException naming the buffer that is shorter than its operand
   * @throws TunedOperator.TesseraException where an extent has no value
   */
  void check(long[] shape, List<FloatBuffer> buffers) {
    Problem problem = problem(shape);
    for (int i = 0; i < operands.size(); i++) {
      if (buffers.get(i) == null) {
        throw new IllegalArgumentException(
            "the operand '" + operands.get(i).name() + "' is null; give a buffer");
      }
      if (buffers.get(i).capacity() < problem.elements(operands.get(i))) {
        throw new IllegalArgumentException(
            "the operand '"
                + operands.get(i).name()
                + "' has "
                + buffers.get(i).capacity()
                + " elements; with "
                + workload.variables()
                + " = "
                + Arrays.toString(shape)
                + " its shape is "
                + Arrays.toString(problem.shape(operands.get(i))));
      }
    }
  }

  /**
   * @param index of an operand that is prepared for all shapes
   * @throws IllegalArgumentException where no shape variable changes its shape, and the buffer is
   *     shorter
   */
  void checkPrepared(int index, FloatBuffer buffer) {
    Operand operand = operands.get(index);
    List<Expression> extents = operand.extents(workload.extents());
    if (!extents.stream().allMatch(Expression::isConstant)) {
      return;
    }
    long[] shape = extents.stream().mapToLong(e -> e.evaluate(List.of(), new long[0])).toArray();
    if (buffer.capacity() < Arrays.stream(shape).reduce(1, Math::multiplyExact)) {
      throw new IllegalArgumentException(
          "the operand '"
              + operand.name()
              + "' has "
              + buffer.capacity()
              + " elements; its shape is "
              + Arrays.toString(shape));
    }
  }

  /**
   * @param shape the shape variables' values
   * @param inputs addresses of float32 data
   * @throws IllegalArgumentException naming the input whose memory the output shares
   */
  void checkApart(long[] shape, List<Pointer> inputs, Pointer output) {
    Problem problem = problem(shape);
    Operand last = operands.get(inputs.size());
    long from = Pointer.nativeValue(output);
    long to = from + bytes(problem, last);
    for (int i = 0; i < inputs.size(); i++) {
      long input = Pointer.nativeValue(inputs.get(i));
      if (input < to && from < input + bytes(problem, operands.get(i))) {
        throw new IllegalArgumentException(
            "the output '"
                + last.name()
                + "' shares memory with '"
                + operands.get(i).name()
                + "'; give it memory of its own");
      }
    }
  }

  private static long bytes(Problem problem, Operand operand) {
    return (long) (Float.BYTES * problem.elements(operand));
  }

  private Problem problem(long[] shape) {
    for (int i = 0; i < shape.length; i++) {
      if (shape[i] < 1) {
        throw new IllegalArgumentException(
            "the shape variable "
                + workload.variables().get(i)
                + " is "
                + shape[i]
                + "; it must be positive");
      }
    }
    try {
      return workload.problem(shape);
    } catch (ArithmeticException e) {
      throw new TunedOperator.TesseraException(
          "INVALID_ARGUMENT",
          "with "
              + workload.variables()
              + " = "
              + Arrays.toString(shape)
              + " an extent has no value: "
              + e.getMessage());
    }
  }
}
