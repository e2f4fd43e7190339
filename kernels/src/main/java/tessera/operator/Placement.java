package tessera.operator;

import java.nio.FloatBuffer;
import java.util.List;

/** Where an operand of a problem keeps the element at a position, given along the axes. */
final class Placement {
  private final long[] axes;
  private final long[] shape;

  /** [dimension][axis]: by how much a step along the axis moves in the dimension. */
  private final long[][] steps;

  /** Of the first position of all axes, in each dimension; negative for padding. */
  private final long[] origin;

  /** Dimensions are linear in the axes. */
  Placement(Problem problem, Operand operand) {
    List<String> names = problem.operator().axes();
    axes = names.stream().mapToLong(problem.extents()::get).toArray();
    shape = problem.shape(operand);
    steps = new long[shape.length][axes.length];
    origin = new long[shape.length];
    long[] at = new long[axes.length];
    for (int d = 0; d < shape.length; d++) {
      Expression dimension = operand.dimensions().get(d);
      origin[d] = dimension.evaluate(names, at);
      for (int axis = 0; axis < axes.length; axis++) {
        at[axis] = 1;
        steps[d][axis] = dimension.evaluate(names, at) - origin[d];
        at[axis] = 0;
      }
    }
  }

  /** The extent of an axis. */
  long extent(int axis) {
    return axes[axis];
  }

  /** The number of elements. */
  long elements() {
    long elements = 1;
    for (long extent : shape) {
      elements *= extent;
    }
    return elements;
  }

  /** The position of the i-th element of an operand whose dimensions are axes; others are at 0. */
  long[] position(long i) {
    long[] position = new long[axes.length];
    long left = i;
    for (int d = shape.length - 1; d >= 0; d--) {
      for (int axis = 0; axis < axes.length; axis++) {
        if (steps[d][axis] != 0) {
          position[axis] = left % shape[d];
        }
      }
      left /= shape[d];
    }
    return position;
  }

  /** The element at a position; 0 in padding. */
  double value(FloatBuffer elements, long[] position) {
    long offset = 0;
    for (int d = 0; d < shape.length; d++) {
      long along = origin[d];
      for (int axis = 0; axis < position.length; axis++) {
        along += steps[d][axis] * position[axis];
      }
      if (along < 0 || along >= shape[d]) {
        return 0;
      }
      offset = offset * shape[d] + along;
    }
    return elements.get((int) offset);
  }
}
