package tessera.workload;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tessera.operator.Expression;
import tessera.operator.Operand;
import tessera.operator.Operand.Element;
import tessera.operator.Operand.Role;

/**
 * An operand of a call, in plain text.
 *
 * @param axes each dimension's position as an expression of the operator's axes, outermost first
 * @param shape each dimension's extent as an expression of the shape variables
 */
public record OperandSpec(
    String name, Role role, String dtype, List<String> axes, List<String> shape) {
  public OperandSpec {
    axes = List.copyOf(axes);
    shape = List.copyOf(shape);
  }

  static OperandSpec of(Operand operand, String dtype, Map<String, String> extents) {
    Map<String, Expression> parsed = new LinkedHashMap<>();
    extents.forEach((axis, extent) -> parsed.put(axis, Expression.parse(extent)));
    return new OperandSpec(
        operand.name(),
        operand.role(),
        dtype,
        operand.dimensions().stream().map(Expression::text).toList(),
        operand.extents(parsed).stream().map(Expression::text).toList());
  }

  /** As part of an operator. */
  Operand operand() {
    return new Operand(
        name,
        role,
        role == Role.OUTPUT ? Element.RESULT : Element.MULTIPLIED,
        axes.stream().map(Expression::parse).toList());
  }
}
