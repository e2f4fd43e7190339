package tessera.workload;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import tessera.operator.DataType;
import tessera.operator.Epilogue;
import tessera.operator.Expression;
import tessera.operator.Numerics;
import tessera.operator.Operator;
import tessera.operator.Precision;

/**
 * A workload without its instances, in plain text: what manifests hold and what crosses the wire.
 *
 * @param operator its key; the operator itself is what the operands say
 * @param prepare the key of a {@link Preparation}
 * @param extents of the operator's axes, as expressions of the shape variables
 * @param operands of a call: the operator's inputs, what the epilogue takes, and the output
 */
public record WorkloadSpec(
    String name,
    String operator,
    String dtype,
    String output,
    String precision,
    String epilogue,
    String prepare,
    List<String> variables,
    Map<String, String> extents,
    List<OperandSpec> operands) {
  public WorkloadSpec {
    // what was written before there was a choice
    output = output == null ? dtype : output;
    precision = precision == null ? Precision.FLOAT32.key() : precision;
    prepare = prepare == null ? Preparation.NEVER.key() : prepare;
    operands =
        List.copyOf(
            operands == null
                ? operandsOf(Operators.of(operator), Epilogue.of(epilogue), dtype, output, extents)
                : operands);
  }

  /** With one of the shipped operators. */
  public WorkloadSpec(
      String name,
      String operator,
      String dtype,
      String output,
      String precision,
      String epilogue,
      List<String> variables,
      Map<String, String> extents) {
    this(name, operator, dtype, output, precision, epilogue, null, variables, extents, null);
  }

  /** With one of the shipped operators, of one type throughout. */
  public WorkloadSpec(
      String name,
      String operator,
      String dtype,
      String epilogue,
      List<String> variables,
      Map<String, String> extents) {
    this(name, operator, dtype, dtype, Precision.FLOAT32.key(), epilogue, variables, extents);
  }

  public static WorkloadSpec of(Workload workload) {
    Map<String, String> extents = new TreeMap<>();
    workload.extents().forEach((axis, expression) -> extents.put(axis, expression.text()));
    String input = workload.numerics().input().key();
    String output = workload.numerics().output().key();
    return new WorkloadSpec(
        workload.name(),
        workload.operator().key(),
        input,
        output,
        workload.numerics().precision().key(),
        workload.epilogue().key(),
        workload.prepare().key(),
        workload.variables(),
        extents,
        operandsOf(workload.operator(), workload.epilogue(), input, output, extents));
  }

  private static List<OperandSpec> operandsOf(
      Operator operator,
      Epilogue epilogue,
      String input,
      String output,
      Map<String, String> extents) {
    return operator.operands(epilogue).stream()
        .map(
            operand -> {
              String type =
                  switch (operand.element()) {
                    case MULTIPLIED -> input;
                    case RESULT -> output;
                  };
              return OperandSpec.of(operand, type, extents);
            })
        .toList();
  }

  public Numerics numerics() {
    return new Numerics(DataType.of(dtype), DataType.of(output), Precision.of(precision));
  }

  /** What calls pass, in their order: all operands but the output, which is the last. */
  public List<OperandSpec> inputs() {
    return operands.subList(0, operands.size() - 1);
  }

  /** The workload on the given instances. */
  public Workload on(List<Instance> instances) {
    Map<String, Expression> parsed = new LinkedHashMap<>();
    extents.forEach((axis, extent) -> parsed.put(axis, Expression.parse(extent)));
    OperandSpec last = operands.get(operands.size() - 1);
    return new Workload(
        name,
        new Operator(
            operator,
            Stream.of(operands.get(0), operands.get(1), last).map(OperandSpec::operand).toList()),
        numerics(),
        Epilogue.of(epilogue),
        Preparation.of(prepare),
        variables,
        parsed,
        instances,
        Math.max(1, instances.size()));
  }

  /** The same with weights that are prepared, or not. */
  public WorkloadSpec preparing(Preparation other) {
    return new WorkloadSpec(
        name,
        operator,
        dtype,
        output,
        precision,
        epilogue,
        other.key(),
        variables,
        extents,
        operands);
  }

  /** The workload where its instances do not matter. */
  public Workload anywhere() {
    return on(List.of(new Instance(Collections.nCopies(variables.size(), 1L), 1)));
  }
}
