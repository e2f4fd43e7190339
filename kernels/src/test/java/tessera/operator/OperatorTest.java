package tessera.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import tessera.Json;

/** Operators that are made up here: what main code does with one follows from its operands. */
final class OperatorTest {
  /** Images of w columns under a filter of s columns, with stride 2 and padding 1. */
  private static final Operator CONVOLUTION =
      new Operator(
          "convolution",
          List.of(
              Operand.input("image", "n", "2 * w + s - 1", "c"),
              Operand.weight("filter", "k", "s", "c"),
              Operand.output("result", "n", "w", "k")));

  /** The weight is stored the other way round than that of dense. */
  private static final Operator TRANSPOSED =
      new Operator(
          "dense_transposed",
          List.of(
              Operand.input("x", "m", "k"),
              Operand.weight("w", "k", "n"),
              Operand.output("y", "m", "n")));

  @Test
  void axes_ofMadeUpOperators_haveTheirPartInAMatrixMultiplication() {
    assertEquals(List.of("n", "w", "k", "s", "c"), CONVOLUTION.axes());
    assertEquals(List.of("n", "w"), CONVOLUTION.axes(Axis.M));
    assertEquals(List.of("k"), CONVOLUTION.axes(Axis.N));
    assertEquals(List.of("s", "c"), CONVOLUTION.axes(Axis.K));
    assertFalse(CONVOLUTION.isBatched());
    assertTrue(CONVOLUTION.secondIsNk());
    assertFalse(TRANSPOSED.secondIsNk());
    assertTrue(Operator.BATCH_MATMUL_NN.isBatched());
  }

  @Test
  void isMatrixMultiplication_isWhereAxesAreStoredInItsOrder() {
    Operator.SHIPPED.forEach(
        operator -> assertTrue(operator.isMatrixMultiplication(), operator.key()));
    assertTrue(TRANSPOSED.isMatrixMultiplication());
    assertFalse(CONVOLUTION.isMatrixMultiplication());
    assertTrue(stored("h m r k", "n r k", "h m n").isMatrixMultiplication());
    assertFalse(stored("h m r k", "n k r", "h m n").isMatrixMultiplication(), "terms out of order");
    assertFalse(stored("h m k", "n k", "m h n").isMatrixMultiplication(), "rows out of order");
    assertFalse(stored("k m", "n k", "m n").isMatrixMultiplication(), "the first by columns");
    assertFalse(stored("m k", "n k", "n m").isMatrixMultiplication(), "the output by columns");
    assertFalse(stored("m b k", "b n k", "b m n").isMatrixMultiplication(), "matrices interleaved");
  }

  /** An operator of operands with such dimensions. */
  private static Operator stored(String first, String second, String output) {
    return new Operator(
        "made_up",
        List.of(
            Operand.input("x", first.split(" ")),
            Operand.weight("w", second.split(" ")),
            Operand.output("y", output.split(" "))));
  }

  @Test
  void problem_ofAConvolution_hasShapesAndCosts() {
    Problem problem = new Problem(CONVOLUTION, Map.of("n", 3L, "w", 5L, "k", 4L, "s", 3L, "c", 2L));
    // the filter covers columns -1 to 9, of which one at each end is padding
    assertEquals(List.of(3L, 9L, 2L), shape(problem, 0));
    assertEquals(List.of(4L, 3L, 2L), shape(problem, 1));
    assertEquals(List.of(3L, 5L, 4L), shape(problem, 2));
    assertEquals(new GemmShape(1, 15, 4, 6), problem.gemm());
    assertEquals(2 * 15 * 4 * 6, problem.flops());
    Numerics half = new Numerics(DataType.FLOAT16, DataType.FLOAT32, Precision.FLOAT32);
    assertEquals(2 * (3 * 9 * 2) + 2 * (4 * 3 * 2) + 4 * (3 * 5 * 4), problem.bytes(half));
  }

  @Test
  void problem_ofAMatrixMultiplication_comesDownToIt() {
    GemmShape shape = new GemmShape(1, 21, 24, 40);
    Problem rows = Problem.of(stored("h m k", "n k", "h m n"), shape);
    assertEquals(Map.of("h", 21L, "m", 1L, "n", 24L, "k", 40L), rows.extents());
    assertEquals(shape, rows.gemm());
    assertEquals("h=21 m=1 n=24 k=40", rows.toString());
    GemmShape batched = new GemmShape(5, 21, 24, 40);
    assertEquals(batched, Problem.of(Operator.BATCH_MATMUL_NN, batched).gemm());
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> Problem.of(Operator.DENSE, batched));
    assertEquals("dense has no axis that is as long as in 5x21x24x40", refused.getMessage());
  }

  private static List<Long> shape(Problem problem, int operand) {
    Operand of = problem.operator().operands().get(operand);
    return Arrays.stream(problem.shape(of)).boxed().toList();
  }

  @Test
  void reference_ofAConvolution_countsPaddingAsZero() {
    Problem problem = new Problem(CONVOLUTION, Map.of("n", 1L, "w", 2L, "k", 1L, "s", 3L, "c", 1L));
    Map<String, FloatBuffer> operands = new LinkedHashMap<>();
    operands.put("image", floats(5, 7, 11));
    operands.put("filter", floats(2, 3, 10));
    operands.put("bias", floats(0.5f));
    Reference reference = new Reference(problem, Epilogue.BIAS);
    assertEquals(0.5 + 3 * 5 + 10 * 7, reference.element(0, operands));
    assertEquals(0.5 + 2 * 7 + 3 * 11, reference.element(1, operands));
    operands.put("result", floats(85.5f, 47.5f));
    assertEquals(Optional.empty(), reference.firstWrong(operands, new SplittableRandom()));
    operands.put("result", floats(85.5f, 47.51f));
    assertEquals(
        "element 1 of 2x1x3 is 47.51",
        reference.firstWrong(operands, new SplittableRandom()).orElseThrow());
  }

  private static FloatBuffer floats(float... values) {
    return FloatBuffer.wrap(values);
  }

  @Test
  void reference_ofBatchedMatrices_isTheirProduct() {
    SplittableRandom random = new SplittableRandom();
    int b = 1 + random.nextInt(3);
    int m = 1 + random.nextInt(7);
    int n = 1 + random.nextInt(7);
    int k = 1 + random.nextInt(7);
    Map<String, Long> extents = Map.of("b", (long) b, "m", (long) m, "n", (long) n, "k", (long) k);
    Map<String, FloatBuffer> operands =
        Map.of("x", FloatBuffer.allocate(b * m * k), "w", FloatBuffer.allocate(b * k * n));
    operands.values().forEach(buffer -> fill(buffer, random));
    int i = random.nextInt(b);
    int r = random.nextInt(m);
    int s = random.nextInt(n);
    double nt = 0;
    double nn = 0;
    for (int t = 0; t < k; t++) {
      double x = operands.get("x").get((i * m + r) * k + t);
      nt += x * operands.get("w").get((i * n + s) * k + t);
      nn += x * operands.get("w").get((i * k + t) * n + s);
    }
    int at = (i * m + r) * n + s;
    assertEquals(nt, element(Operator.BATCH_MATMUL_NT, extents, at, operands), 1e-12);
    assertEquals(nn, element(Operator.BATCH_MATMUL_NN, extents, at, operands), 1e-12);
  }

  private static void fill(FloatBuffer buffer, SplittableRandom random) {
    for (int i = 0; i < buffer.capacity(); i++) {
      buffer.put(i, (float) random.nextGaussian());
    }
  }

  private static double element(
      Operator operator, Map<String, Long> extents, int at, Map<String, FloatBuffer> operands) {
    return new Reference(new Problem(operator, extents), Epilogue.NONE).element(at, operands);
  }

  @Test
  void operands_withAnEpilogue_haveTheBiasBeforeTheOutput() {
    List<Operand> operands = CONVOLUTION.operands(Epilogue.BIAS_RELU);
    assertEquals(
        List.of("image", "filter", "bias", "result"),
        operands.stream().map(Operand::name).toList());
    assertEquals(List.of(Expression.parse("k")), operands.get(2).dimensions());
  }

  @Test
  void json_ofAnOperator_isReadAsTheSame() throws JsonProcessingException {
    String text = Json.MESSAGES.writeValueAsString(CONVOLUTION);
    assertEquals(CONVOLUTION, Json.MESSAGES.readValue(text, Operator.class));
    assertTrue(text.contains("\"dimensions\":[\"n\",\"(((2 * w) + s) - 1)\",\"c\"]"), text);
  }

  @Test
  void operator_whoseOutputIsNoArrayOfAxes_isRefused() {
    List<Operand> operands =
        List.of(
            Operand.input("x", "m", "k"),
            Operand.input("w", "n", "k"),
            Operand.output("y", "m + n"));
    assertThrows(IllegalArgumentException.class, () -> new Operator("odd", operands));
    assertThrows(IllegalArgumentException.class, () -> new Operator("odd", operands.subList(0, 2)));
  }

  @Test
  void problem_withoutAnExtent_isRefused() {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> new Problem(Operator.DENSE, Map.of("m", 3L, "n", 4L)));
    assertEquals("extents must be positive, not m=3 n=4", refused.getMessage());
  }
}
