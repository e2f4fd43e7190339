package tessera.operator;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import tessera.UserError;

/**
 * Integer arithmetic on named values, such as shape variables and axes: {@code 16 * T}, {@code (H +
 * 1) / 2}. Division rounds down.
 */
public sealed interface Expression {
  /**
   * The value, with the variables' values in the order of {@code names}.
   *
   * @throws ArithmeticException where it divides by zero or has more than 63 bits
   */
  long evaluate(List<String> names, long[] values);

  /** The variables that occur. */
  Set<String> variables();

  /**
   * The expression in a C-like language, each variable replaced by what {@code rename} gives for
   * it.
   */
  String print(UnaryOperator<String> rename);

  /** The expression as {@link #parse} reads it. */
  @JsonValue
  default String text() {
    return print(name -> name);
  }

  /** The same with an expression in place of each variable. */
  Expression with(Function<String, Expression> values);

  default boolean isConstant() {
    return variables().isEmpty();
  }

  record Constant(long value) implements Expression {
    @Override
    public long evaluate(List<String> names, long[] values) {
      return value;
    }

    @Override
    public Set<String> variables() {
      return Set.of();
    }

    @Override
    public String print(UnaryOperator<String> rename) {
      return Long.toString(value);
    }

    @Override
    public Expression with(Function<String, Expression> values) {
      return this;
    }
  }

  record Variable(String name) implements Expression {
    @Override
    public long evaluate(List<String> names, long[] values) {
      return values[names.indexOf(name)];
    }

    @Override
    public Set<String> variables() {
      return Set.of(name);
    }

    @Override
    public String print(UnaryOperator<String> rename) {
      return rename.apply(name);
    }

    @Override
    public Expression with(Function<String, Expression> values) {
      return values.apply(name);
    }
  }

  record Binary(char operator, Expression left, Expression right) implements Expression {
    @Override
    public long evaluate(List<String> names, long[] values) {
      long a = left.evaluate(names, values);
      long b = right.evaluate(names, values);
      return switch (operator) {
        case '+' -> Math.addExact(a, b);
        case '-' -> Math.subtractExact(a, b);
        case '*' -> Math.multiplyExact(a, b);
        case '/' -> quotient(a, b);
        default -> throw new IllegalStateException("operator " + operator);
      };
    }

    private long quotient(long a, long b) {
      if (b == 0) {
        throw new ArithmeticException(left.text() + " / " + right.text() + " divides by zero");
      }
      return Math.floorDiv(a, b);
    }

    @Override
    public Set<String> variables() {
      Set<String> all = new LinkedHashSet<>(left.variables());
      all.addAll(right.variables());
      return all;
    }

    @Override
    public String print(UnaryOperator<String> rename) {
      return "(" + left.print(rename) + " " + operator + " " + right.print(rename) + ")";
    }

    @Override
    public Expression with(Function<String, Expression> values) {
      return new Binary(operator, left.with(values), right.with(values));
    }
  }

  /**
   * Parses integers, names, + - * / and parentheses.
   *
   * @throws UserError with the position of what does not fit
   */
  @JsonCreator
  static Expression parse(String text) {
    return new ExpressionParser(text).parse();
  }
}
