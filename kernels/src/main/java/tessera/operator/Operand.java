package tessera.operator;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tessera.UserError;

/**
 * An array that an operator reads or writes.
 *
 * <p>Each dimension is an expression of the operator's axes that gives the position of an element:
 * {@code m} alone, or {@code 2 * h + r - 1} for the rows of an image under a filter with stride 2
 * and padding 1. What lies outside an input counts as zero.
 *
 * @param name by which every interface passes it
 * @param element the rule for its element type
 * @param dimensions from the outermost to the contiguous one: their order is the layout
 */
public record Operand(String name, Role role, Element element, List<Expression> dimensions) {
  /** What an operand is for. */
  public enum Role {
    INPUT,
    /** An input that stays the same from call to call. */
    WEIGHT,
    OUTPUT;

    /** The name in manifests. */
    @JsonValue
    public String key() {
      return name().toLowerCase(Locale.ROOT);
    }

    @JsonCreator
    public static Role of(String key) {
      return Arrays.stream(values())
          .filter(role -> role.key().equals(key))
          .findFirst()
          .orElseThrow(() -> new UserError("role " + UserError.quoted(key) + " is unknown"));
    }
  }

  /** Where an operand's element type comes from. */
  public enum Element {
    /** The type that is multiplied: a workload's dtype. */
    MULTIPLIED,
    /** The type of results: a workload's output. */
    RESULT
  }

  public Operand {
    dimensions = List.copyOf(dimensions);
  }

  private static Operand of(String name, Role role, Element element, String... dimensions) {
    return new Operand(
        name, role, element, Arrays.stream(dimensions).map(Expression::parse).toList());
  }

  /** An input whose elements are multiplied. */
  public static Operand input(String name, String... dimensions) {
    return of(name, Role.INPUT, Element.MULTIPLIED, dimensions);
  }

  /** A constant input whose elements are multiplied. */
  public static Operand weight(String name, String... dimensions) {
    return of(name, Role.WEIGHT, Element.MULTIPLIED, dimensions);
  }

  /** The output. */
  public static Operand output(String name, String... axes) {
    return of(name, Role.OUTPUT, Element.RESULT, axes);
  }

  /** The element type among what an operator computes with. */
  public DataType type(Numerics numerics) {
    return element == Element.MULTIPLIED ? numerics.input() : numerics.output();
  }

  /** Whether an axis takes part in the position of an element. */
  boolean has(String axis) {
    return dimensions.stream().anyMatch(dimension -> dimension.variables().contains(axis));
  }

  /**
   * The number of positions along each dimension, as expressions of whatever the axes' extents are
   * expressed in. Padding before the first position is repeated behind the last.
   *
   * @param extents an expression of each axis, by its name
   */
  public List<Expression> extents(Map<String, Expression> extents) {
    return dimensions.stream().map(dimension -> extent(dimension, extents)).toList();
  }

  private static Expression extent(Expression dimension, Map<String, Expression> extents) {
    if (dimension instanceof Expression.Variable axis) {
      return extents.get(axis.name());
    }
    List<String> axes = List.copyOf(dimension.variables());
    long padding = -Math.min(0, dimension.evaluate(axes, new long[axes.size()]));
    Expression last =
        dimension.with(
            axis -> new Expression.Binary('-', extents.get(axis), new Expression.Constant(1)));
    return new Expression.Binary('+', last, new Expression.Constant(1 - padding));
  }
}
