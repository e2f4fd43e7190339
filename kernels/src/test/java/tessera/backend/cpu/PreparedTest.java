package tessera.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import tessera.operator.Problem;
import tessera.operator.Reference;
import tessera.runtime.Bundle;
import tessera.runtime.TunedOperator;
import tessera.workload.Preparation;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/** A bundle whose kernels read prepared weights, through C, Java and Python. */
final class PreparedTest {
  private static final int N = 45;
  private static final int K = 40;
  private static final Workload WORKLOAD =
      new WorkloadSpec(
              "prepared-test",
              "dense",
              "float32",
              "bias+gelu",
              List.of("T"),
              Map.of("m", "3 * T", "n", "" + N, "k", "" + K))
          .preparing(Preparation.ONLY)
          .anywhere();

  @TempDir private static Path folder;
  private static CpuBackend backend;
  private static Path bundle;

  @BeforeAll
  static void publish() {
    Narrowing.assumeNarrower();
    backend = CpuBackend.detect();
    bundle = SampleBundle.publish(backend, WORKLOAD, folder);
  }

  /** Some rows through a bundle, and what is wrong with the result. */
  private static final class Rows {
    private final SplittableRandom random = new SplittableRandom();
    private final long[] shape = {1 + random.nextInt(40)};
    private final FloatBuffer x = BundleUse.floats(3 * shape[0] * K, random);
    private final FloatBuffer bias = BundleUse.floats(N, random);
    private final FloatBuffer y = BundleUse.floats(3 * shape[0] * N, null);

    private Optional<String> wrong(FloatBuffer weights) {
      Problem problem = WORKLOAD.problem(shape);
      return new Reference(problem, WORKLOAD.epilogue())
          .firstWrong(Map.of("x", x, "w", weights, "bias", bias, "y", y), random);
    }

    private int run(CLibrary c, Pointer handle, Pointer weights) {
      Pointer[] inputs = {pointer(x), weights, pointer(bias)};
      return c.tessera_run(handle, shape, inputs, pointer(y), null);
    }
  }

  private static Pointer pointer(FloatBuffer buffer) {
    return Native.getDirectBufferPointer(buffer);
  }

  private static FloatBuffer weights() {
    return BundleUse.floats(N * K, new SplittableRandom());
  }

  private static Pointer open(CLibrary c) {
    PointerByReference handle = new PointerByReference();
    assertEquals(CLibrary.OK, c.tessera_open(null, handle));
    return handle.getValue();
  }

  private static Pointer prepare(CLibrary c, Pointer handle, int index, FloatBuffer data) {
    PointerByReference prepared = new PointerByReference();
    assertEquals(CLibrary.OK, c.tessera_prepare(handle, index, pointer(data), prepared, null));
    return prepared.getValue();
  }

  @Test
  void manifest_ofPreparedWeights_saysWhatTheyTake() {
    int columns = backend.target().panelColumns();
    int panels = (N + columns - 1) / columns;
    int lines = (panels * K * columns + 15) / 16;
    assertEquals(64L * lines, Bundle.open(bundle).manifest().preparedBytes());
    assertEquals("only", Bundle.open(bundle).manifest().workload().prepare());
  }

  @Test
  void run_inC_onPreparedWeightsAndOnPlainOnes_isRight() {
    CLibrary c = CLibrary.of(bundle);
    Pointer handle = open(c);
    FloatBuffer w = weights();
    Pointer prepared = prepare(c, handle, 1, w);
    assertNotEquals(pointer(w), prepared);
    for (int i = 0; i < 12; i++) {
      Rows rows = new Rows();
      assertEquals(CLibrary.OK, rows.run(c, handle, i % 3 == 0 ? pointer(w) : prepared));
      assertEquals(Optional.empty(), rows.wrong(w));
    }
    c.tessera_close(handle);
  }

  @Test
  void prepare_inC_again_packsWhatIsThereNowInTheSamePlace() {
    CLibrary c = CLibrary.of(bundle);
    Pointer handle = open(c);
    FloatBuffer w = weights();
    Pointer prepared = prepare(c, handle, 1, w);
    w.put(0, weights(), 0, N * K);
    assertEquals(prepared, prepare(c, handle, 1, w));
    Rows rows = new Rows();
    assertEquals(CLibrary.OK, rows.run(c, handle, prepared));
    assertEquals(Optional.empty(), rows.wrong(w));
    c.tessera_close(handle);
  }

  @Test
  void prepare_inC_anotherOperand_givesItBack() {
    CLibrary c = CLibrary.of(bundle);
    Pointer handle = open(c);
    FloatBuffer x = BundleUse.floats(N * K, new SplittableRandom());
    assertEquals(pointer(x), prepare(c, handle, 0, x));
    PointerByReference prepared = new PointerByReference();
    assertEquals(
        CLibrary.INVALID_ARGUMENT, c.tessera_prepare(handle, 3, pointer(x), prepared, null));
    assertEquals(CLibrary.INVALID_ARGUMENT, c.tessera_prepare(handle, 1, null, prepared, null));
    c.tessera_close(handle);
  }

  /** Weights that are changed behind its back tell which of the two kernels ran. */
  @Test
  void run_inC_ofABundleForBothForms_dispatchesEachFormItsOwnWay() {
    WorkloadSpec both = WorkloadSpec.of(WORKLOAD).preparing(Preparation.TOO);
    Path place = SampleBundle.publishBoth(backend, both.anywhere(), folder.resolve("both"));
    assertEquals(
        Optional.of(0), Bundle.open(place).prepared().map(tree -> tree.select(new long[] {1})));
    CLibrary c = CLibrary.of(place);
    Pointer handle = open(c);
    FloatBuffer w = weights();
    Pointer ready = prepare(c, handle, 1, w);
    FloatBuffer before = weights();
    before.put(0, w, 0, N * K);
    w.put(0, weights(), 0, N * K);
    Rows rows = new Rows();
    assertEquals(CLibrary.OK, rows.run(c, handle, ready));
    assertEquals(Optional.empty(), rows.wrong(before));
    assertEquals(CLibrary.OK, rows.run(c, handle, pointer(w)));
    assertEquals(Optional.empty(), rows.wrong(w));
    c.tessera_close(handle);
  }

  @Test
  void run_inJava_fromManyThreadsWithWeightsOfTheirOwn_isRight() throws Exception {
    try (TunedOperator operator = TunedOperator.open(bundle)) {
      FloatBuffer shared = weights();
      FloatBuffer preparedShared = operator.prepare(shared);
      List<Callable<Optional<String>>> calls = new ArrayList<>();
      for (int i = 0; i < 24; i++) {
        FloatBuffer w = i % 2 == 0 ? shared : weights();
        calls.add(
            () -> {
              Rows rows = new Rows();
              FloatBuffer prepared = w == shared ? preparedShared : operator.prepare(w);
              operator.run(rows.shape, rows.y, rows.x, prepared, rows.bias);
              return rows.wrong(w);
            });
      }
      ExecutorService pool = Executors.newFixedThreadPool(4);
      for (Future<Optional<String>> wrong : pool.invokeAll(calls)) {
        assertEquals(Optional.empty(), wrong.get());
      }
      pool.shutdown();
    }
  }

  @Test
  void prepare_inJava_tooFewElements_isRefused() {
    try (TunedOperator operator = TunedOperator.open(bundle)) {
      FloatBuffer few = BundleUse.floats(N * K - 1, new SplittableRandom());
      IllegalArgumentException error =
          assertThrows(IllegalArgumentException.class, () -> operator.prepare(few));
      assertEquals("the operand 'w' has 1799 elements; its shape is [45, 40]", error.getMessage());
    }
  }

  @Test
  void run_inJava_onWhatAnotherOperatorPrepared_isRefused() {
    try (TunedOperator one = TunedOperator.open(bundle);
        TunedOperator other = TunedOperator.open(bundle)) {
      Rows rows = new Rows();
      FloatBuffer w = weights();
      FloatBuffer prepared = one.prepare(weights());
      for (TunedOperator operator : List.of(one, other)) {
        operator.prepare(w);
      }
      one.run(rows.shape, rows.y, rows.x, one.prepare(w), rows.bias);
      assertEquals(Optional.empty(), rows.wrong(w));
      IllegalArgumentException error =
          assertThrows(
              IllegalArgumentException.class,
              () -> other.run(rows.shape, rows.y, rows.x, prepared, rows.bias));
      assertEquals(
          "an input was prepared by another operator; prepare it by the one that is called",
          error.getMessage());
    }
  }

  @Test
  void closed_inJava_isRefusedAndClosesOnceMore() {
    TunedOperator operator = TunedOperator.open(bundle);
    Rows rows = new Rows();
    FloatBuffer w = weights();
    operator.close();
    operator.close();
    for (Executable call :
        List.<Executable>of(
            () -> operator.prepare(w),
            () -> operator.setThreads(1),
            () -> operator.run(rows.shape, rows.y, rows.x, w, rows.bias))) {
      assertEquals(
          "prepared-test is closed; open the bundle again",
          assertThrows(IllegalStateException.class, call).getMessage());
    }
  }

  @Test
  void mistakes_inPython_areNamedBeforeAnythingIsCalled() throws Exception {
    BundleUse.assertPython(
        bundle,
        "numpy as np",
        """
        def refused(error, message, call):
            try:
                call()
            except error as raised:
                assert str(raised) == message, raised
            else:
                assert False, message

        x, w, b = (np.random.randn(*shape).astype(np.float32) for shape in ((6, 40), (45, 40), (45,)))
        with tessera.Operator() as op, tessera.Operator() as other:
            prepared = op.prepare(w)
            refused(ValueError, "w was prepared by another operator; prepare it by the one that is called", lambda: other(x, prepared, b))
            refused(TypeError, "w is prepared already; give the array", lambda: op.prepare(prepared))
            memory = np.zeros(45 * 40 + 6 * 45, np.float32)
            own, out = op.prepare(memory[: 45 * 40].reshape(45, 40)), memory[45 * 40 - 1 : -1].reshape(6, 45)
            refused(ValueError, "y shares memory with w; give it memory of its own", lambda: op(x, own, b, out=out))
            refused(TypeError, "y is a list; it must be a numpy array or a torch tensor", lambda: op(x, w, b, out=[1]))
            refused(ValueError, "shape must have a value for each of ('T',), not be 2", lambda: op(x, w, b, shape=2))
            refused(ValueError, "T must be a whole number, not 2.0", lambda: op(x, w, b, shape=(2.0,)))
            refused(ValueError, "T must be a whole number, not '2'", lambda: op(x, w, b, T="2"))
            refused(ValueError, "T must be a whole number, not (2,)", lambda: op.select((2,)))
            refused(ValueError, "threads must be a whole number, not 'a'", lambda: op.set_threads("a"))
        closed = "the operator of prepared-test is closed; open the bundle again"
        for call in (lambda: op(x, w, b), lambda: op(x, prepared, b), lambda: op.prepare(w), lambda: op.select(2), lambda: op.set_threads(1)):
            refused(ValueError, closed, call)
        op.close()
        """);
  }

  @Test
  void run_inPython_onPreparedWeights_isThatOnPlainOnes() throws Exception {
    BundleUse.assertPython(
        bundle,
        "numpy as np",
        """
        op = tessera.Operator()
        w, b = np.random.randn(45, 40).astype(np.float32), np.random.randn(45).astype(np.float32)
        prepared = op.prepare(w)
        assert prepared.address != w.ctypes.data and prepared.address == op.prepare(w=w).address
        for t in (1, 7, 40):
            x = np.random.randn(3 * t, 40).astype(np.float32)
            assert np.array_equal(op(x, prepared, b), op(x, w, b)), t
        try:
            op.prepare(w[1:])
            assert False
        except ValueError as error:
            assert str(error) == "w has shape (44, 40); the operator needs (45, 40)", error
        op.close()
        """);
  }

  /** Weights that are changed behind its back tell whether they were prepared. */
  @Test
  void run_inPython_onReadOnlyWeights_preparesThemByItself() throws Exception {
    BundleUse.assertPython(
        bundle,
        "numpy as np",
        """
        import gc
        op = tessera.Operator()
        def some(*extents): return np.random.randn(*extents).astype(np.float32)
        x, b, old, new = some(3, 40), some(45), some(45, 40), some(45, 40)
        was, willBe = op(x, old, b), op(x, new, b)
        def afterwards(w, owner):
            assert np.array_equal(op(x, w, b), was)
            owner.flags.writeable = True
            owner[:] = new
            owner.flags.writeable = False
            return op(x, w, b)
        w = old.copy()
        w.flags.writeable = False
        assert np.array_equal(afterwards(w, w), was)
        op.prepare(w)
        assert np.array_equal(op(x, w, b), willBe)
        view = old.copy()[:]
        view.flags.writeable = False  # what it is a view of can be written
        assert np.array_equal(op(x, view, b), was)
        view.base[:] = new
        assert np.array_equal(op(x, view, b), willBe)
        one = old.copy()
        one.flags.writeable = False
        assert np.array_equal(afterwards(one[:], one), was)
        assert np.array_equal(op(x, one[:], b), was)  # a view that is made anew is not packed anew
        for _ in range(20):  # arrays that come and go at the same address
            w = some(45, 40)
            expected = op(x, w, b)
            w.flags.writeable = False
            assert np.array_equal(op(x, w, b), expected)
            del w
            gc.collect()
        assert len(op._constants) == 1, op._constants  # that of one
        op.close()
        """);
  }

  @Test
  void module_inTorch_preparesItsWeightsByItself() throws Exception {
    BundleUse.assertPython(
        bundle,
        "torch",
        """
        op = tessera.Operator()
        x, b, old, new = torch.randn(3, 40), torch.randn(45), torch.randn(45, 40), torch.randn(45, 40)
        was, willBe = op(x, old, b), op(x, new, b)
        module = op.torch_module(old.clone(), b)
        assert sorted(module.state_dict()) == ["bias", "w"], module.state_dict().keys()
        assert torch.equal(module(x), was)
        module.w.data.copy_(new)  # which torch does not tell
        assert torch.equal(module(x), was)
        module.prepare()
        assert torch.equal(module(x), willBe)
        module.load_state_dict({"w": old, "bias": b})
        assert torch.equal(module(x), was)
        module.w = new.clone()  # another tensor, which nobody prepared
        assert torch.equal(module(x), willBe)
        module.w = old.clone()
        module.prepare()
        compiled = torch.compile(module, fullgraph=True, backend="aot_eager")
        for rows in (3, 6, 9):
            some = torch.randn(rows, 40)
            assert torch.equal(compiled(some), op(some, old, b)), rows
        with torch.inference_mode():
            frozen = op.torch_module(new.clone(), b)
            assert torch.equal(frozen(x), willBe)
        try:
            op.torch_module(old)
            assert False
        except ValueError as error:
            assert str(error) == "1 constants were given; a module of this operator keeps w, bias", error
        op.close()
        """);
  }
}
