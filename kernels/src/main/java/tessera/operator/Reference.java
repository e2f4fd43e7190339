package tessera.operator;

import java.nio.FloatBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/** The plain result of a problem in float64, and how far float32 may be from it. */
public final class Reference {
  /* Larger outputs are checked whole along their edges and at random inside. */
  private static final long MOST_ELEMENTS = 20_000;

  private final Problem problem;
  private final Epilogue epilogue;
  private final Placement first;
  private final Placement second;
  private final Placement output;
  private final Tolerance.Bound bound;

  /** The axes of the sum, and the number of its terms. */
  private final int[] summed;

  private final long terms;

  public Reference(Problem problem, Epilogue epilogue) {
    this.problem = problem;
    this.epilogue = epilogue;
    Operator operator = problem.operator();
    this.first = new Placement(problem, operator.inputs().get(0));
    this.second = new Placement(problem, operator.inputs().get(1));
    this.output = new Placement(problem, operator.output());
    List<String> axes = operator.axes();
    this.summed = operator.axes(Axis.K).stream().mapToInt(axes::indexOf).toArray();
    this.terms = problem.gemm().k();
    this.bound = Numerics.FLOAT32.tolerance().bound(terms, epilogue);
  }

  /**
   * The first element found that is not within tolerance, described; empty when there is none.
   *
   * @param operands all operands of a call by name
   */
  public Optional<String> firstWrong(Map<String, FloatBuffer> operands, SplittableRandom random) {
    long count = output.elements();
    long edge = problem.gemm().n();
    boolean whole = count <= MOST_ELEMENTS;
    for (long check = 0; check < Math.min(count, MOST_ELEMENTS); check++) {
      long i = whole ? check : check < edge ? count - 1 - check : random.nextLong(count);
      if (isWrong(i, operands)) {
        return Optional.of(describe(i, operands));
      }
    }
    return Optional.empty();
  }

  private boolean isWrong(long i, Map<String, FloatBuffer> operands) {
    Sum sum = sum(i, operands);
    double expected = epilogue.activated(sum.value);
    return !(Math.abs(result(operands).get((int) i) - expected)
        <= bound.allowed(sum.magnitude, expected));
  }

  /**
   * The exact result of an element.
   *
   * @param i its number in the output
   * @param operands the inputs of a call by name
   */
  public double element(long i, Map<String, FloatBuffer> operands) {
    return epilogue.activated(sum(i, operands).value);
  }

  /**
   * What an element is before its activation.
   *
   * @param magnitude the sum of the terms' magnitudes
   */
  private record Sum(double value, double magnitude) {}

  private Sum sum(long i, Map<String, FloatBuffer> operands) {
    Operator operator = problem.operator();
    FloatBuffer x = operands.get(operator.inputs().get(0).name());
    FloatBuffer w = operands.get(operator.inputs().get(1).name());
    long[] position = output.position(i);
    double sum = 0;
    double magnitude = 0;
    for (long t = 0; t < terms; t++) {
      double product = first.value(x, position) * second.value(w, position);
      sum += product;
      magnitude += Math.abs(product);
      advance(position);
    }
    for (Operand extra : epilogue.operands(operator)) {
      double value =
          new Placement(problem, extra).value(operands.get(extra.name()), output.position(i));
      sum += value;
      magnitude += Math.abs(value);
    }
    return new Sum(sum, magnitude);
  }

  /** Moves to the next term; after the last one to the first. */
  private void advance(long[] position) {
    for (int s = summed.length - 1; s >= 0; s--) {
      int axis = summed[s];
      if (++position[axis] < first.extent(axis)) {
        return;
      }
      position[axis] = 0;
    }
  }

  private FloatBuffer result(Map<String, FloatBuffer> operands) {
    return operands.get(problem.operator().output().name());
  }

  private String describe(long i, Map<String, FloatBuffer> operands) {
    return "element " + i + " of " + problem.gemm() + " is " + result(operands).get((int) i);
  }
}
