package tessera.workload;

import java.util.List;
import tessera.operator.Operand;
import tessera.operator.Operator;

/** Operators that main code has never heard of, registered as a jar with operators does it. */
public final class MadeUpOperators implements OperatorProvider {
  /** A layer on sequences: its rows have two axes, and no name is that of a shipped operator. */
  public static final Operator PROJECTION =
      new Operator(
          "projection",
          List.of(
              Operand.input("tokens", "batch", "position", "channel"),
              Operand.weight("table", "feature", "channel"),
              Operand.output("features", "batch", "position", "feature")));

  /** Its first operand is stored as no shipped micro-kernel reads it. */
  static final Operator BY_COLUMNS =
      new Operator(
          "by_columns",
          List.of(
              Operand.input("x", "k", "m"),
              Operand.weight("w", "n", "k"),
              Operand.output("y", "m", "n")));

  @Override
  public List<Operator> operators() {
    return List.of(PROJECTION, BY_COLUMNS);
  }
}
