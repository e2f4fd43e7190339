package tessera.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.Python;
import tessera.operator.Epilogue;
import tessera.operator.Expression;
import tessera.operator.Numerics;
import tessera.operator.Operand;
import tessera.operator.Operator;
import tessera.operator.Problem;
import tessera.operator.Reference;
import tessera.runtime.Bundle;
import tessera.runtime.TunedOperator;
import tessera.workload.Instance;
import tessera.workload.Workload;

/** An operator that main code does not know, from its description to calls of its bundle. */
final class MadeUpOperatorTest {
  /** Two row axes, and the weight stored the other way round than that of dense. */
  private static final Operator LOOKUP =
      new Operator(
          "lookup",
          List.of(
              Operand.input("rows", "p", "q", "t"),
              Operand.weight("table", "t", "s"),
              Operand.output("sums", "p", "q", "s")));

  private static final Workload WORKLOAD =
      new Workload(
          "lookup-test",
          LOOKUP,
          Numerics.FLOAT32,
          Epilogue.BIAS_RELU,
          List.of("P", "S"),
          Map.of(
              "p", Expression.parse("P"),
              "q", Expression.parse("3"),
              "s", Expression.parse("2 * S + 1"),
              "t", Expression.parse("40")),
          List.of(new Instance(List.of(1L, 1L), 1)),
          1);

  @TempDir private Path folder;

  private Path publish() {
    return SampleBundle.publish(CpuBackend.detect(), WORKLOAD, folder);
  }

  @Test
  void bundle_ofAMadeUpOperator_isRightFromJava() {
    Path place = publish();
    assertEquals(WORKLOAD, Bundle.open(place).manifest().workload().anywhere());
    SplittableRandom random = new SplittableRandom();
    try (TunedOperator operator = TunedOperator.open(place)) {
      for (int i = 0; i < 12; i++) {
        long[] values = {1 + random.nextInt(40), 1 + random.nextInt(70)};
        Problem problem = WORKLOAD.problem(values);
        Map<String, FloatBuffer> operands = new HashMap<>();
        WORKLOAD
            .operands()
            .forEach(operand -> operands.put(operand.name(), normal(problem, operand, random)));
        operator.run(values, operands);
        assertEquals(
            Optional.empty(),
            new Reference(problem, WORKLOAD.epilogue()).firstWrong(operands, random));
      }
    }
  }

  private static FloatBuffer normal(Problem problem, Operand operand, SplittableRandom random) {
    FloatBuffer buffer =
        ByteBuffer.allocateDirect(4 * (int) problem.elements(operand))
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    for (int i = 0; i < buffer.capacity(); i++) {
      buffer.put(i, (float) random.nextGaussian());
    }
    return buffer;
  }

  @Test
  void bundle_ofAMadeUpOperator_isRightFromPython() throws Exception {
    String script =
        """
        import sys
        try:
            import numpy as np
        except ImportError:
            print("right")
            sys.exit()
        sys.path.insert(0, sys.argv[1])
        import tessera
        op = tessera.Operator()
        for p, s in ((1, 1), (7, 13), (20, 64)):
            rows, table, bias = (np.random.randn(*of).astype(np.float32) for of in ((p, 3, 40), (40, 2 * s + 1), (2 * s + 1,)))
            exact = np.maximum(rows.astype(np.float64) @ table + bias, 0)
            for sums in (op(rows, table, bias), op(S=s, table=op.prepare(table), bias=bias, rows=rows)):
                assert sums.shape == (p, 3, 2 * s + 1) and np.allclose(sums, exact, atol=1e-4), (p, s)
        print("right")
        """;
    Python.Ended ended = Python.run(List.of("-c", script, publish().toString()));
    assertEquals("right", ended.output().strip());
  }
}
