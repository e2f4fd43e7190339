package tessera.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.runtime.TunedOperator;
import tessera.workload.WorkloadSpec;

/** A published bundle through Java and Python. */
final class BundleTest {
  private static CpuBackend backend;

  @TempDir private Path folder;

  @BeforeAll
  static void detect() {
    Narrowing.assumeNarrower();
    backend = CpuBackend.detect();
  }

  private Path publish(String epilogue, String deviceKey) {
    return SampleBundle.publish(backend.target(), epilogue, deviceKey, folder);
  }

  private Path publish() {
    return publish("none", backend.target().deviceKey());
  }

  @Test
  void run_fromManyThreadsAtOnce_isRightForEach() throws Exception {
    Path place = publish("bias+gelu", backend.target().deviceKey());
    try (TunedOperator operator = TunedOperator.open(place)) {
      ExecutorService pool = Executors.newFixedThreadPool(4);
      List<Callable<String>> calls = new ArrayList<>();
      for (int i = 0; i < 24; i++) {
        long seed = System.nanoTime() + i;
        calls.add(() -> BundleUse.runOnce(operator, seed));
      }
      for (Future<String> wrong : pool.invokeAll(calls)) {
        assertEquals("", wrong.get());
      }
      pool.shutdown();
    }
  }

  /** As it was where the exponential was: such numbers take processors far longer. */
  @Test
  void run_geluOfLargeNegatives_isSmallAndNoDenormalNumber() {
    float[] sums = {-13, -16, -20, -40, -100};
    try (TunedOperator operator =
        TunedOperator.open(publish("bias+gelu", backend.target().deviceKey()))) {
      FloatBuffer bias = BundleUse.floats(sums.length, null).put(0, sums);
      FloatBuffer y = BundleUse.floats(3 * sums.length, null);
      FloatBuffer none = BundleUse.floats(3 * 40, null);
      FloatBuffer weights = BundleUse.floats(sums.length * 40, null);
      for (int i = 0; i < weights.capacity(); i++) {
        weights.put(i, 0);
      }
      for (int i = 0; i < none.capacity(); i++) {
        none.put(i, 0);
      }
      operator.run(new long[] {1, sums.length}, y, none, weights, bias);
      for (int i = 0; i < y.capacity(); i++) {
        float size = Math.abs(y.get(i));
        assertTrue(size >= Float.MIN_NORMAL && size < 1e-30, "" + y.get(i));
      }
    }
  }

  @Test
  void run_byNames_saysWhichOperandIsWrong() {
    try (TunedOperator operator =
        TunedOperator.open(publish("bias", backend.target().deviceKey()))) {
      Map<String, FloatBuffer> right = new HashMap<>();
      SplittableRandom random = new SplittableRandom();
      right.put("x", BundleUse.floats(3 * 2 * 40, random));
      right.put("w", BundleUse.floats(5 * 40, random));
      right.put("bias", BundleUse.floats(5, random));
      right.put("y", BundleUse.floats(3 * 2 * 5, null));
      operator.run(new long[] {2, 5}, right);
      assertRefused(
          operator,
          right,
          "w",
          BundleUse.floats(5 * 40 - 1, random),
          "'w' has 199 elements; with [T, N] = [2, 5] its shape is [5, 40]");
      assertRefused(
          operator,
          right,
          "z",
          right.get("x"),
          "there is no operand 'z'; the operands are [x, w, bias, y]");
      assertRefused(
          operator, right, "bias", null, "'bias' is missing; the operands are [x, w, bias, y]");
      assertRefused(
          operator,
          right,
          "y",
          right.get("x").slice(3 * 2 * (40 - 5), 3 * 2 * 5),
          "the output 'y' shares memory with 'x'; give it memory of its own");
      long[] none = {2, 0};
      assertEquals(
          "the shape variable N is 0; it must be positive",
          assertThrows(IllegalArgumentException.class, () -> operator.run(none, right))
              .getMessage());
      assertEquals(
          "the operand 'bias' is null; give a buffer",
          assertThrows(
                  IllegalArgumentException.class,
                  () ->
                      operator.run(
                          new long[] {2, 5}, right.get("y"), right.get("x"), right.get("w"), null))
              .getMessage());
      assertEquals(
          "the operator takes values for [T, N] and 3 inputs, not 1 values and 3 inputs",
          assertThrows(IllegalArgumentException.class, () -> operator.run(new long[] {2}, right))
              .getMessage());
      operator.setThreads(1);
      operator.run(new long[] {2, 5}, right);
      assertEquals(
          "INVALID_ARGUMENT",
          assertThrows(TunedOperator.TesseraException.class, () -> operator.setThreads(0))
              .status());
    }
  }

  @Test
  void run_valuesThatMakeAnExtentNotPositive_isInvalid() {
    Map<String, String> extents = Map.of("m", "T - 2", "n", "8", "k", "40");
    WorkloadSpec spec = new WorkloadSpec("less", "dense", "float32", "none", List.of("T"), extents);
    SplittableRandom random = new SplittableRandom();
    FloatBuffer x = BundleUse.floats(40, random);
    FloatBuffer w = BundleUse.floats(8 * 40, random);
    FloatBuffer y = BundleUse.floats(8, null);
    Path place = SampleBundle.publish(backend, spec.anywhere(), folder);
    CLibrary c = CLibrary.of(place);
    PointerByReference handle = new PointerByReference();
    assertEquals(CLibrary.OK, c.tessera_open(place.toString(), handle));
    Pointer[] inputs = {Native.getDirectBufferPointer(x), Native.getDirectBufferPointer(w)};
    Pointer output = Native.getDirectBufferPointer(y);
    try (TunedOperator operator = TunedOperator.open(place)) {
      for (long t : new long[] {1, 2}) {
        long[] shape = {t};
        assertEquals(
            CLibrary.INVALID_ARGUMENT,
            c.tessera_run(handle.getValue(), shape, inputs, output, null));
        assertThrows(IllegalArgumentException.class, () -> operator.run(shape, y, x, w));
      }
      operator.run(new long[] {3}, y, x, w);
    }
    c.tessera_close(handle.getValue());
  }

  /** By T = 5, in a process of its own, which a signal would end. */
  @Test
  void run_extentsThatDivideByZero_isInvalidInCJavaAndPython() throws Exception {
    Map<String, String> extents = Map.of("m", "T / (T - 5) + 2", "n", "8", "k", "40");
    WorkloadSpec spec =
        new WorkloadSpec("by-zero", "dense", "float32", "none", List.of("T"), extents);
    Path place = SampleBundle.publish(backend, spec.anywhere(), folder);
    BundleUse.assertUsed(
        place,
        "gcc",
        """
        #include <stdio.h>
        #include "tessera.h"
        int main(void) {
          static float x[40 * 40], w[8 * 40], y[40 * 8];
          const void *inputs[] = {x, w};
          int64_t extents[2];
          tessera_bundle *bundle;
          if (tessera_open(0, &bundle) != TESSERA_OK) return 1;
          const tessera_status asked = tessera_operand_extents(bundle, 0, (int64_t[]){5}, extents);
          const tessera_status run = tessera_run(bundle, (int64_t[]){5}, inputs, y, 0);
          printf("%d %d %s", asked, run, tessera_message(run));
          return tessera_run(bundle, (int64_t[]){6}, inputs, y, 0);
        }
        """,
        "1 1 with T = 5 an extent is zero, negative or too large, or divides by zero; give other values");
    SplittableRandom random = new SplittableRandom();
    FloatBuffer x = BundleUse.floats(8 * 40, random);
    FloatBuffer w = BundleUse.floats(8 * 40, random);
    FloatBuffer y = BundleUse.floats(8 * 8, null);
    try (TunedOperator operator = TunedOperator.open(place)) {
      TunedOperator.TesseraException refused =
          assertThrows(
              TunedOperator.TesseraException.class, () -> operator.run(new long[] {5}, y, x, w));
      assertEquals("INVALID_ARGUMENT", refused.status());
      assertEquals(
          "with [T] = [5] an extent has no value: T / (T - 5) divides by zero",
          refused.getMessage());
      operator.run(new long[] {6}, y, x, w);
    }
    BundleUse.assertPython(
        place,
        "numpy as np",
        """
        op = tessera.Operator()
        x, w = np.zeros((8, 40), np.float32), np.zeros((8, 40), np.float32)
        try:
            op(x, w, T=5)
            raise SystemExit("a division by zero was accepted")
        except tessera.TesseraError as error:
            assert error.status == "INVALID_ARGUMENT" and "divide by zero" in str(error), error
        assert op(x, w, T=6).shape == (8, 8)
        """);
  }

  @Test
  void run_buffersThatAreShortOrOfAnotherByteOrder_areRefused() {
    try (TunedOperator operator =
        TunedOperator.open(publish("none", backend.target().deviceKey()))) {
      SplittableRandom random = new SplittableRandom();
      FloatBuffer x = BundleUse.floats(3 * 2 * 40, random);
      FloatBuffer w = BundleUse.floats(5 * 40, random);
      IllegalArgumentException tooShort =
          assertThrows(
              IllegalArgumentException.class,
              () -> operator.run(new long[] {2, 5}, BundleUse.floats(29, null), x, w));
      assertTrue(
          tooShort.getMessage().contains("the operand 'y' has 29 elements"), tooShort.getMessage());
      FloatBuffer swapped = ByteBuffer.allocateDirect(4 * 30).asFloatBuffer();
      FloatBuffer other =
          swapped.order() == ByteOrder.nativeOrder()
              ? ByteBuffer.allocateDirect(4 * 30).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer()
              : swapped;
      assertThrows(
          IllegalArgumentException.class, () -> operator.run(new long[] {2, 5}, other, x, w));
    }
  }

  private static void assertRefused(
      TunedOperator operator,
      Map<String, FloatBuffer> right,
      String name,
      FloatBuffer wrong,
      String sentence) {
    Map<String, FloatBuffer> operands = new HashMap<>(right);
    operands.put(name, wrong);
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class, () -> operator.run(new long[] {2, 5}, operands));
    assertTrue(refused.getMessage().endsWith(sentence), refused.getMessage());
  }

  @Test
  void select_inJavaAndC_agree() {
    Path place = publish();
    CLibrary c = CLibrary.of(place);
    PointerByReference handle = new PointerByReference();
    c.tessera_open(null, handle);
    try (TunedOperator operator = TunedOperator.open(place)) {
      for (long t = 1; t < 30; t++) {
        assertEquals(c.tessera_select(handle.getValue(), new long[] {t, 3}), operator.select(t, 3));
      }
    }
  }

  @Test
  void publish_twice_makesTwoVersionsAndMovesLatest() throws IOException {
    Path first = publish();
    Path second = publish();
    assertEquals("v0001", first.getFileName().toString());
    assertEquals("v0002", second.getFileName().toString());
    assertEquals(second.toRealPath(), second.resolveSibling("latest").toRealPath());
    try (var left = Files.list(second.getParent())) {
      assertTrue(
          left.noneMatch(path -> path.getFileName().toString().startsWith(".")),
          "nothing half-written is left");
    }
  }

  @Test
  void python_numpyArrays_computeAndMistakesAreNamed() throws Exception {
    Path bundle = publish("bias+relu", backend.target().deviceKey());
    String script =
        """
        import hashlib, json, tempfile
        op = tessera.Operator()
        for t, n in ((1, 1), (7, 13), (20, 129)):
            x, w, b = (np.random.randn(*s).astype(np.float32) for s in ((3 * t, 40), (n, 40), (n,)))
            y = op(x, w, b)
            assert np.allclose(y, np.maximum(x.astype(np.float64) @ w.T + b, 0), atol=1e-4), (t, n)
            named = op(T=t, bias=b, w=w, x=x)
            assert np.array_equal(y, named) and np.array_equal(y, op(x, op.prepare(w), bias=b))
            out = np.full_like(y, np.nan)
            assert op(x, w, b, y=out) is out and np.array_equal(y, out)
            assert op.shapes(t, n) == op.shapes(N=n, T=t) == {"x": (3 * t, 40), "w": (n, 40), "bias": (n,), "y": (3 * t, n)}
        assert [operand.name for operand in op.operands] == ["x", "w", "bias", "y"]
        fixed = np.zeros_like(y)
        fixed.flags.writeable = False
        memory, end = np.zeros(x.size + y.size, np.float32), x.size
        beginning = memory[:end].reshape(x.shape)
        op(beginning, w, b, out=memory[end:].reshape(y.shape))
        for bad, sentence in (
            (lambda: op(x.astype(np.float64), w, b), "x is float64; it must be float32"),
            (lambda: op(x, w), "the operand bias is missing; this operator takes x, w, bias and the shape variables T, N"),
            (lambda: op(x[:, ::-1], w, b), "x is not contiguous"),
            (lambda: op(x[:-1], w, b), "x has shape (59, 40); the operator needs (57, 40)"),
            (lambda: op(x.tolist(), w, b), "x is a list; it must be a numpy array or a torch tensor"),
            (lambda: op(x, w[0], b), "w must have 2 dimensions, not 1"),
            (lambda: op(T=19, x=x, w=w, bias=b), "x has shape (60, 40); the operator needs (57, 40)"),
            (lambda: op(x, w, b, z=x), "there is no operand z; this operator takes x, w, bias"),
            (lambda: op(x, w, b, x=x), "the operand x is given twice"),
            (lambda: op(x, w, b, b), "4 operands were given; this operator takes x, w, bias"),
            (lambda: op(x, w, op.prepare(w=w)), "bias must have 1 dimensions, not 2"),
            (lambda: op(op.prepare(w[:1].repeat(60, 0)), w, b), "x was prepared as w; prepare it by its name"),
            (lambda: op(x, w, b, out=fixed), "y is read-only; pass an array that may be written"),
            (lambda: op(beginning, w, b, out=memory[end - 1 : -1].reshape(y.shape)), "y shares memory with x; give it memory of its own"),
            (lambda: op(x, w, b, shape=(2**64 + 20, len(w))), "T is 18446744073709551636; it must be positive and less than 2^63"),
            (lambda: op(x, w, b, T=0), "T is 0; it must be positive and less than 2^63"),
            (lambda: op.shapes(3), "the shape variables are ('T', 'N'); give one value for each"),
        ):
            try:
                bad()
                raise SystemExit("a mistake was accepted: " + sentence)
            except (TypeError, ValueError) as error:
                assert sentence in str(error), (sentence, error)
        try:
            tessera.Operator(sys.argv[1] + "/nowhere")
        except tessera.TesseraError as error:
            assert error.status == "NOT_FOUND", error
        assert tessera.SCHEMA_VERSION == int(sys.argv[2])
        manifest = json.load(open(sys.argv[1] + "/manifest.json"))
        manifest["schemaVersion"] += 1
        with tempfile.TemporaryDirectory() as newer:
            with open(newer + "/manifest.json", "w") as file:
                json.dump(manifest, file)
            with open(newer + "/SHA256SUMS", "w") as file:
                digest = hashlib.sha256(open(newer + "/manifest.json", "rb").read()).hexdigest()
                file.write(digest + "  manifest.json\\n")
            try:
                tessera.Operator(newer)
                raise SystemExit("a newer bundle was accepted")
            except tessera.TesseraError as error:
                assert "the bundle is newer than this module" in str(error), error
        """;
    BundleUse.assertPython(bundle, "numpy as np", script);
  }
}
