package tessera.workload;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tessera.operator.Axis;
import tessera.operator.DataType;
import tessera.operator.Epilogue;
import tessera.operator.Numerics;
import tessera.operator.Operator;
import tessera.operator.Precision;

/**
 * A workload without its instances, in plain text: what manifests hold and what crosses the wire.
 */
public record WorkloadSpec(
    String name,
    String operator,
    String dtype,
    String output,
    String precision,
    String epilogue,
    List<String> variables,
    Map<String, String> extents) {
  public WorkloadSpec {
    // what was written before there was a choice
    output = output == null ? dtype : output;
    precision = precision == null ? Precision.FLOAT32.key() : precision;
  }

  /** Of one type throughout. */
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
    workload
        .extents()
        .forEach((axis, expression) -> extents.put(axis.key(), expression.print(name -> name)));
    return new WorkloadSpec(
        workload.name(),
        workload.operator().key(),
        workload.numerics().input().key(),
        workload.numerics().output().key(),
        workload.numerics().precision().key(),
        workload.epilogue().key(),
        workload.variables(),
        extents);
  }

  public Numerics numerics() {
    return new Numerics(DataType.of(dtype), DataType.of(output), Precision.of(precision));
  }

  /** The workload on the given instances. */
  public Workload on(List<Instance> instances) {
    Map<Axis, Expression> parsed = new EnumMap<>(Axis.class);
    for (Axis axis : Axis.values()) {
      if (extents.containsKey(axis.key())) {
        parsed.put(axis, Expression.parse(extents.get(axis.key())));
      }
    }
    return new Workload(
        name,
        Operator.of(operator),
        numerics(),
        Epilogue.of(epilogue),
        variables,
        parsed,
        instances,
        Math.max(1, instances.size()));
  }

  /** The workload where its instances do not matter. */
  public Workload anywhere() {
    return on(List.of(new Instance(java.util.Collections.nCopies(variables.size(), 1L), 1)));
  }
}
