package tessera.workload;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tessera.Json;
import tessera.operator.Epilogue;
import tessera.operator.Expression;
import tessera.operator.Numerics;
import tessera.operator.Operand;
import tessera.operator.Operator;

/** What manifests say of a workload. */
final class WorkloadSpecTest {
  private static final Operator GROUPED =
      new Operator(
          "grouped",
          List.of(
              Operand.input("rows", "g", "m", "k"),
              Operand.weight("experts", "g", "k", "n"),
              Operand.output("out", "g", "m", "n")));

  @Test
  void spec_ofAMadeUpOperator_isReadAsTheSameWorkload() throws JsonProcessingException {
    Workload workload =
        new Workload(
            "experts",
            GROUPED,
            Numerics.FLOAT32,
            Epilogue.BIAS_GELU,
            List.of("T"),
            Map.of(
                "g", Expression.parse("8"),
                "m", Expression.parse("16 * T"),
                "n", Expression.parse("96"),
                "k", Expression.parse("T + 1")),
            List.of(new Instance(List.of(1L), 1)),
            1);
    String json = Json.DOCUMENTS.writeValueAsString(WorkloadSpec.of(workload));
    WorkloadSpec read = Json.DOCUMENTS.readValue(json, WorkloadSpec.class);
    assertEquals(WorkloadSpec.of(workload), read);
    assertEquals(workload, read.anywhere());
    assertEquals(
        new OperandSpec(
            "rows",
            Operand.Role.INPUT,
            "float32",
            List.of("g", "m", "k"),
            List.of("8", "(16 * T)", "(T + 1)")),
        read.operands().get(0));
    assertEquals(
        List.of("rows", "experts", "bias"), read.inputs().stream().map(OperandSpec::name).toList());
  }

  @Test
  void spec_fromBeforeOperandsWereListed_hasThoseOfItsOperator() throws JsonProcessingException {
    String former =
        """
        {"name": "former", "operator": "batch_matmul_nn", "dtype": "float16", "output": "float32",
         "precision": "float32", "epilogue": "bias", "variables": ["T"],
         "extents": {"b": "12", "k": "64", "m": "T", "n": "T"}}
        """;
    WorkloadSpec read = Json.DOCUMENTS.readValue(former, WorkloadSpec.class);
    assertEquals(
        List.of(
            new OperandSpec(
                "x",
                Operand.Role.INPUT,
                "float16",
                List.of("b", "m", "k"),
                List.of("12", "T", "64")),
            new OperandSpec(
                "w",
                Operand.Role.INPUT,
                "float16",
                List.of("b", "k", "n"),
                List.of("12", "64", "T")),
            new OperandSpec("bias", Operand.Role.WEIGHT, "float32", List.of("n"), List.of("T")),
            new OperandSpec(
                "y",
                Operand.Role.OUTPUT,
                "float32",
                List.of("b", "m", "n"),
                List.of("12", "T", "T"))),
        read.operands());
    assertEquals(Operator.BATCH_MATMUL_NN, read.anywhere().operator());
  }
}
