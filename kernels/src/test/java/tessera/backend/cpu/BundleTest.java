package tessera.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.Digest;
import tessera.UserError;
import tessera.compile.Subprocess;
import tessera.operator.GemmShape;
import tessera.operator.Problem;
import tessera.operator.Reference;
import tessera.runtime.Bundle;
import tessera.runtime.BundleManifest;
import tessera.runtime.TunedOperator;
import tessera.workload.OperandSpec;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/** A published bundle through C, Java and Python, whole and damaged. */
final class BundleTest {
  private static final int OK = 0;
  private static final int INVALID_ARGUMENT = 1;
  private static final int DEVICE_MISMATCH = 2;
  private static final int NOT_FOUND = 3;
  private static final int CORRUPT = 4;

  private static CpuBackend backend;

  @TempDir private Path folder;

  /** The whole C interface. */
  interface Functions extends Library {
    int tessera_open(String path, PointerByReference bundle);

    int tessera_rank(Pointer bundle);

    String tessera_variable(Pointer bundle, int index);

    int tessera_select(Pointer bundle, long[] shape);

    int tessera_run(Pointer bundle, long[] shape, Pointer[] inputs, Pointer output, Pointer stream);

    int tessera_operand_count(Pointer bundle);

    String tessera_operand_name(Pointer bundle, int index);

    String tessera_operand_type(Pointer bundle, int index);

    int tessera_operand_rank(Pointer bundle, int index);

    int tessera_operand_extents(Pointer bundle, int index, long[] shape, long[] extents);

    String tessera_kernel_name(Pointer bundle, int index);

    String tessera_message(int status);

    int tessera_prepare(
        Pointer bundle, int index, Pointer data, PointerByReference prepared, Pointer stream);

    int tessera_set_threads(Pointer bundle, int threads);

    int tessera_set_overlap(Pointer bundle, int on);

    void tessera_close(Pointer bundle);
  }

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

  private static Functions library(Path bundle) {
    return Native.load(bundle.resolve(Bundle.LIBRARY).toString(), Functions.class);
  }

  private static FloatBuffer floats(long count, SplittableRandom random) {
    FloatBuffer buffer =
        ByteBuffer.allocateDirect((int) (4 * count)).order(ByteOrder.nativeOrder()).asFloatBuffer();
    for (int i = 0; i < count; i++) {
      buffer.put(i, random == null ? Float.NaN : (float) random.nextGaussian());
    }
    return buffer;
  }

  @Test
  void open_embedded_tellsItsVariablesAndKernels() {
    Functions c = library(publish());
    PointerByReference handle = new PointerByReference();
    assertEquals(OK, c.tessera_open(null, handle));
    Pointer bundle = handle.getValue();
    assertEquals(2, c.tessera_rank(bundle));
    assertEquals("T", c.tessera_variable(bundle, 0));
    assertEquals("N", c.tessera_variable(bundle, 1));
    assertEquals(null, c.tessera_variable(bundle, 2));
    assertEquals(1, c.tessera_select(bundle, new long[] {9, 1}));
    assertEquals(0, c.tessera_select(bundle, new long[] {10, 1}));
    assertEquals(-1, c.tessera_select(bundle, new long[] {0, 1}));
    assertTrue(c.tessera_kernel_name(bundle, 1).matches("(gemm|dot)_f32_.*"));
    assertEquals(null, c.tessera_kernel_name(bundle, 2));
    c.tessera_close(bundle);
  }

  @Test
  void open_badPlaces_giveTheRightStatus() throws IOException {
    Path bundle = publish();
    Functions c = library(bundle);
    PointerByReference handle = new PointerByReference();
    assertEquals(INVALID_ARGUMENT, c.tessera_open(null, null));
    assertEquals(NOT_FOUND, c.tessera_open(folder.resolve("nowhere").toString(), handle));
    assertEquals(OK, c.tessera_open(bundle.toString(), handle));
    c.tessera_close(handle.getValue());
    for (String victim : List.of(Bundle.LIBRARY, "manifest.json", Bundle.DISPATCH, "tessera.h")) {
      byte[] bytes = Files.readAllBytes(bundle.resolve(victim));
      bytes[bytes.length / 2] ^= 1;
      Path copy = copy(bundle, folder.resolve("damaged-" + victim));
      Files.write(copy.resolve(victim), bytes);
      assertEquals(CORRUPT, c.tessera_open(copy.toString(), handle), victim);
      assertEquals(null, handle.getValue());
      UserError error = assertThrows(UserError.class, () -> Bundle.open(copy));
      assertTrue(error.getMessage().contains(victim + " was changed"), error.getMessage());
      Files.delete(copy.resolve(victim));
      assertEquals(CORRUPT, c.tessera_open(copy.toString(), handle), victim + " missing");
    }
  }

  @Test
  void open_inC_namesThatLeadOutAndLinks_areCorrupt() throws IOException {
    Path bundle = publish();
    Functions c = library(bundle);
    PointerByReference handle = new PointerByReference();
    String empty = Digest.sha256(new byte[0]);
    for (String name : List.of("/dev/null", "../empty", ".empty", "a\\b", "kernels//empty", "")) {
      Path copy = copy(bundle, Files.createTempDirectory(folder, "names").resolve("copy"));
      Files.createFile(copy.resolveSibling("empty"));
      Files.createFile(copy.resolve(".empty"));
      Files.createFile(copy.resolve("kernels/empty"));
      Path list = copy.resolve("SHA256SUMS");
      Files.writeString(list, Files.readString(list) + empty + "  " + name + "\n");
      assertEquals(CORRUPT, c.tessera_open(copy.toString(), handle), name);
    }
    for (String victim : List.of(Bundle.LIBRARY, "kernels")) {
      Path copy = copy(bundle, Files.createTempDirectory(folder, "links").resolve("copy"));
      Files.move(copy.resolve(victim), copy.resolveSibling("outside"));
      Files.createSymbolicLink(copy.resolve(victim), copy.resolveSibling("outside"));
      assertEquals(CORRUPT, c.tessera_open(copy.toString(), handle), victim);
    }
  }

  @Test
  void open_inC_listWithoutTheLibrary_isCorrupt() throws IOException {
    Path bundle = publish();
    Functions c = library(bundle);
    PointerByReference handle = new PointerByReference();
    Path list = bundle.resolve("SHA256SUMS");
    List<String> lines = Files.readAllLines(list);
    assertTrue(lines.removeIf(line -> line.endsWith("  " + Bundle.LIBRARY)));
    Files.write(list, lines);
    assertEquals(CORRUPT, c.tessera_open(bundle.toString(), handle));
  }

  /** The file of a library that is loaded may be overwritten: what runs is what was checked. */
  @Test
  void open_inC_runsFromMemoryThatNobodyCanChange() throws IOException {
    Functions c = library(publish());
    Path other = publish("bias", backend.target().deviceKey());
    PointerByReference handle = new PointerByReference();
    assertEquals(OK, c.tessera_open(other.toString(), handle));
    assertTrue(Files.readString(Path.of("/proc/self/maps")).contains("/memfd:libtessera.so"));
    try (var out = Files.newOutputStream(other.resolve(Bundle.LIBRARY))) {
      out.write(new byte[1 << 17]);
    }
    assertTrue(c.tessera_kernel_name(handle.getValue(), 1).matches("(gemm|dot)_f32_.*"));
    assertEquals(CORRUPT, c.tessera_open(other.toString(), handle));
  }

  private static Path copy(Path from, Path to) throws IOException {
    try (var paths = Files.walk(from)) {
      for (Path path : paths.toList()) {
        Path place = to.resolve(from.relativize(path).toString());
        Files.createDirectories(place.getParent());
        if (Files.isRegularFile(path)) {
          Files.copy(path, place);
        }
      }
    }
    return to;
  }

  @Test
  void open_otherHardware_isRefusedByEveryInterface() {
    Path bundle = publish("none", "AnotherMaker:1:2:" + backend.target().isa());
    PointerByReference handle = new PointerByReference();
    assertEquals(DEVICE_MISMATCH, library(bundle).tessera_open(null, handle));
    assertEquals(DEVICE_MISMATCH, library(bundle).tessera_open(bundle.toString(), handle));
    TunedOperator.TesseraException refused =
        assertThrows(TunedOperator.TesseraException.class, () -> TunedOperator.open(bundle));
    assertEquals("DEVICE_MISMATCH", refused.status());
  }

  /** Its own source with another key: the code runs here, and only the key tells. */
  private Subprocess.Result opened(Path bundle, String key) throws IOException {
    return opened(bundle, backend.target(), key, "./open");
  }

  /**
   * @param made what the bundle was made for
   * @param running the command that runs the program ./open, perhaps with a folder to open
   */
  private Subprocess.Result opened(Path bundle, CpuTarget made, String key, String running)
      throws IOException {
    String source;
    try (var files = Files.list(bundle)) {
      Path file =
          files
              .filter(path -> path.toString().matches(".*tessera_.*\\.c"))
              .findFirst()
              .orElseThrow();
      source = Files.readString(file);
    }
    String named = "#define PROGRAM_DEVICE \"" + made.deviceKey() + "\"";
    assertTrue(source.contains(named), "the source still has: " + named);
    Path work = Files.createTempDirectory(folder, "opened");
    Files.writeString(
        work.resolve("library.c"), source.replace(named, "#define PROGRAM_DEVICE \"" + key + "\""));
    Files.copy(bundle.resolve("tessera.h"), work.resolve("tessera.h"));
    Files.writeString(
        work.resolve("open.c"),
        """
        #include <stdio.h>
        #include "tessera.h"
        int main(int count, char **arguments) {
          tessera_bundle *bundle;
          tessera_status status = tessera_open(count > 1 ? arguments[1] : 0, &bundle);
          printf("%s", tessera_message(status));
          tessera_close(bundle);
          return status;
        }
        """);
    String command =
        "gcc -O1 -c open.c && gcc "
            + String.join(" ", made.compilerFlags()).replace("-shared", "-c")
            + " library.c && gcc -o open open.o library.o -ldl -lm -lpthread && "
            + running;
    return Subprocess.run(List.of("sh", "-c", command), work, Duration.ofSeconds(60));
  }

  @Test
  void open_forAnyProcessor_runsWhereItsInstructionsAre() throws IOException {
    Path bundle = publish();
    CpuIsa here = CpuInfo.whole().isa();
    for (CpuIsa isa : List.of(CpuIsa.AVX512, CpuIsa.AVX2, CpuIsa.X86_64_V2, CpuIsa.NEON)) {
      Subprocess.Result result = opened(bundle, "any:" + isa.key());
      if (here.covers(isa)) {
        assertEquals("success", result.output(), isa.key());
      } else {
        assertEquals(DEVICE_MISMATCH, result.exitCode(), result.output());
        String missing = "it needs " + isa.words() + ", which this processor lacks";
        assertTrue(result.output().contains(missing), result.output());
      }
    }
    assertEquals(DEVICE_MISMATCH, opened(bundle, "any:avx1024").exitCode());
  }

  /** Instructions that the processor lacks would end the process before anything is said. */
  @Test
  @Tag("thorough")
  void open_onALesserProcessor_saysWhatIsMissing() throws IOException {
    assumeTrue(
        CpuInfo.read().isa().covers(CpuIsa.AVX2),
        "this processor has no AVX2, so nothing can be refused on one that has less");
    String lesser = "qemu-x86_64 -cpu Nehalem ./open ";
    Subprocess.Result there =
        Subprocess.run(
            List.of("sh", "-c", "command -v qemu-x86_64"), folder, Duration.ofSeconds(10));
    assumeTrue(
        there.exitCode() == 0,
        "qemu-x86_64 is not installed (Debian and Ubuntu: apt-get install qemu-user)");
    CpuTarget made = CpuBackend.detect(CpuInfo.read().narrowedTo(CpuIsa.AVX2)).target();
    Path bundle = SampleBundle.publish(made, "bias+gelu", made.deviceKey(), folder);
    Subprocess.Result refused = opened(bundle, made, made.deviceKey(), lesser + "'" + bundle + "'");
    assertEquals(DEVICE_MISMATCH, refused.exitCode(), refused.output());
    assertTrue(refused.output().contains("it needs AVX2, which this"), refused.output());
    assertEquals(OK, opened(bundle, made, "any:x86-64-v2", lesser).exitCode());
  }

  @Test
  void open_keyOfAnOlderBundle_isStillThisProcessor() throws IOException {
    Path bundle = publish();
    String key = CpuInfo.whole().deviceKey();
    assertEquals(OK, opened(bundle, key).exitCode());
    String older = key.replaceFirst(":x86-64-v2$", ":sse2");
    assertEquals(OK, opened(bundle, older).exitCode(), older);
    String sse2 = key.replaceFirst(":[^:]*$", ":sse2");
    assertEquals(sse2.equals(older) ? OK : DEVICE_MISMATCH, opened(bundle, sse2).exitCode());
  }

  @Test
  void open_forAnyProcessor_fromJava() {
    CpuIsa isa = backend.target().instructions();
    assumeTrue(
        isa == CpuIsa.AVX512 || isa == CpuIsa.AVX2 || isa == CpuIsa.X86_64_V2,
        "this processor is no x86-64, so a bundle cannot be narrowed here");
    CpuInfo narrowed = CpuInfo.read().narrowedTo(CpuIsa.X86_64_V2);
    CpuTarget target = CpuBackend.detect(narrowed).target();
    Path bundle = SampleBundle.publish(target, "bias+gelu", target.deviceKey(), folder);
    try (TunedOperator operator = TunedOperator.open(bundle)) {
      assertEquals("any:x86-64-v2", operator.manifest().target().deviceKey());
      assertEquals("", runOnce(operator, System.nanoTime()));
    }
  }

  @Test
  void run_badArguments_areInvalid() {
    Functions c = library(publish());
    PointerByReference handle = new PointerByReference();
    c.tessera_open(null, handle);
    Pointer bundle = handle.getValue();
    Pointer data = Native.getDirectBufferPointer(floats(10_000, new SplittableRandom(1)));
    Pointer[] inputs = {data, data};
    assertEquals(INVALID_ARGUMENT, c.tessera_run(bundle, new long[] {-1, 5}, inputs, data, null));
    assertEquals(
        INVALID_ARGUMENT,
        c.tessera_run(bundle, new long[] {1, 5}, new Pointer[] {data, null}, data, null));
    assertEquals(INVALID_ARGUMENT, c.tessera_run(bundle, new long[] {1, 5}, inputs, null, null));
    assertEquals(INVALID_ARGUMENT, c.tessera_run(null, new long[] {1, 5}, inputs, data, null));
    assertEquals(INVALID_ARGUMENT, c.tessera_set_threads(bundle, 0));
    assertEquals(OK, c.tessera_set_overlap(bundle, 1)); // changes nothing on a CPU
    PointerByReference prepared = new PointerByReference();
    assertEquals(INVALID_ARGUMENT, c.tessera_prepare(bundle, 2, data, prepared, null));
    assertEquals(OK, c.tessera_prepare(bundle, 1, data, prepared, null));
    assertEquals(data, prepared.getValue());
    for (int status = 0; status <= 5; status++) {
      assertTrue(c.tessera_message(status).length() > 5);
    }
    c.tessera_close(bundle);
  }

  @Test
  void run_fromManyThreadsAtOnce_isRightForEach() throws Exception {
    Path place = publish("bias+gelu", backend.target().deviceKey());
    try (TunedOperator operator = TunedOperator.open(place)) {
      ExecutorService pool = Executors.newFixedThreadPool(4);
      List<Callable<String>> calls = new ArrayList<>();
      for (int i = 0; i < 24; i++) {
        long seed = System.nanoTime() + i;
        calls.add(() -> runOnce(operator, seed));
      }
      for (Future<String> wrong : pool.invokeAll(calls)) {
        assertEquals("", wrong.get());
      }
      pool.shutdown();
    }
  }

  private static String runOnce(TunedOperator operator, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    long[] shape = {1 + random.nextInt(40), 1 + random.nextInt(150)};
    Workload workload = operator.manifest().workload().anywhere();
    Problem problem = workload.problem(shape);
    GemmShape extents = problem.gemm();
    FloatBuffer x = floats(extents.m() * extents.k(), random);
    FloatBuffer w = floats(extents.n() * extents.k(), random);
    FloatBuffer bias = floats(extents.n(), random);
    FloatBuffer y = floats(extents.m() * extents.n(), null);
    Map<String, FloatBuffer> operands = Map.of("x", x, "w", w, "bias", bias, "y", y);
    if (random.nextBoolean()) {
      operator.run(shape, y, x, w, bias);
    } else {
      operator.run(shape, operands);
    }
    return new Reference(problem, workload.epilogue()).firstWrong(operands, random).orElse("");
  }

  @Test
  void operands_inC_areThoseOfTheManifest() {
    Path place = publish("bias", backend.target().deviceKey());
    Functions c = library(place);
    PointerByReference handle = new PointerByReference();
    assertEquals(OK, c.tessera_open(place.toString(), handle));
    Pointer bundle = handle.getValue();
    Workload workload = Bundle.open(place).manifest().workload().anywhere();
    List<OperandSpec> operands = WorkloadSpec.of(workload).operands();
    assertEquals(List.of("x", "w", "bias", "y"), operands.stream().map(OperandSpec::name).toList());
    assertEquals(operands.size(), c.tessera_operand_count(bundle));
    long[] shape = {1 + new SplittableRandom().nextInt(99), 1 + new SplittableRandom().nextInt(99)};
    for (int i = 0; i < operands.size(); i++) {
      assertEquals(operands.get(i).name(), c.tessera_operand_name(bundle, i));
      assertEquals("float32", c.tessera_operand_type(bundle, i));
      assertEquals(operands.get(i).axes().size(), c.tessera_operand_rank(bundle, i));
      long[] extents = new long[operands.get(i).axes().size()];
      assertEquals(OK, c.tessera_operand_extents(bundle, i, shape, extents));
      assertArrayEquals(workload.problem(shape).shape(workload.operands().get(i)), extents);
    }
    for (int outside : new int[] {-1, operands.size()}) {
      assertNull(c.tessera_operand_name(bundle, outside));
      assertNull(c.tessera_operand_type(bundle, outside));
      assertEquals(-1, c.tessera_operand_rank(bundle, outside));
      assertEquals(
          INVALID_ARGUMENT, c.tessera_operand_extents(bundle, outside, shape, new long[2]));
    }
    assertEquals(
        INVALID_ARGUMENT, c.tessera_operand_extents(bundle, 0, new long[] {1, 0}, new long[2]));
    c.tessera_close(bundle);
  }

  @Test
  void run_byNames_saysWhichOperandIsWrong() {
    try (TunedOperator operator =
        TunedOperator.open(publish("bias", backend.target().deviceKey()))) {
      Map<String, FloatBuffer> right = new HashMap<>();
      SplittableRandom random = new SplittableRandom();
      right.put("x", floats(3 * 2 * 40, random));
      right.put("w", floats(5 * 40, random));
      right.put("bias", floats(5, random));
      right.put("y", floats(3 * 2 * 5, null));
      operator.run(new long[] {2, 5}, right);
      assertRefused(
          operator,
          right,
          "w",
          floats(5 * 40 - 1, random),
          "'w' has 199 elements; with [T, N] = [2, 5] its shape is [5, 40]");
      assertRefused(
          operator,
          right,
          "z",
          right.get("x"),
          "there is no operand 'z'; the operands are [x, w, bias, y]");
      assertRefused(
          operator, right, "bias", null, "'bias' is missing; the operands are [x, w, bias, y]");
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

  /** For T below 9 the dividend is negative. */
  @Test
  void run_extentsThatDivide_roundDownInC() {
    Map<String, String> extents = Map.of("m", "(T - 9) / 2 + 5", "n", "8", "k", "40");
    WorkloadSpec spec =
        new WorkloadSpec("divided", "dense", "float32", "none", List.of("T"), extents);
    Path place = SampleBundle.publish(backend, spec.anywhere(), folder);
    Functions c = library(place);
    PointerByReference handle = new PointerByReference();
    assertEquals(OK, c.tessera_open(place.toString(), handle));
    for (long t = 1; t < 12; t++) {
      long[] extentsOfX = new long[2];
      assertEquals(OK, c.tessera_operand_extents(handle.getValue(), 0, new long[] {t}, extentsOfX));
      assertArrayEquals(new long[] {Math.floorDiv(t - 9, 2L) + 5, 40}, extentsOfX, "T = " + t);
    }
    c.tessera_close(handle.getValue());
  }

  @Test
  void run_valuesThatMakeAnExtentNotPositive_isInvalid() {
    Map<String, String> extents = Map.of("m", "T - 2", "n", "8", "k", "40");
    WorkloadSpec spec = new WorkloadSpec("less", "dense", "float32", "none", List.of("T"), extents);
    SplittableRandom random = new SplittableRandom();
    FloatBuffer x = floats(40, random);
    FloatBuffer w = floats(8 * 40, random);
    FloatBuffer y = floats(8, null);
    Path place = SampleBundle.publish(backend, spec.anywhere(), folder);
    Functions c = library(place);
    PointerByReference handle = new PointerByReference();
    assertEquals(OK, c.tessera_open(place.toString(), handle));
    Pointer[] inputs = {Native.getDirectBufferPointer(x), Native.getDirectBufferPointer(w)};
    Pointer output = Native.getDirectBufferPointer(y);
    try (TunedOperator operator = TunedOperator.open(place)) {
      for (long t : new long[] {1, 2}) {
        long[] shape = {t};
        assertEquals(
            INVALID_ARGUMENT, c.tessera_run(handle.getValue(), shape, inputs, output, null));
        assertThrows(IllegalArgumentException.class, () -> operator.run(shape, y, x, w));
      }
      operator.run(new long[] {3}, y, x, w);
    }
    c.tessera_close(handle.getValue());
  }

  /** By T = 5, in a process of its own, which a signal would end. */
  @Test
  void run_extentsThatDivideByZero_isInvalidInCJavaAndPython() throws IOException {
    Map<String, String> extents = Map.of("m", "T / (T - 5) + 2", "n", "8", "k", "40");
    WorkloadSpec spec =
        new WorkloadSpec("by-zero", "dense", "float32", "none", List.of("T"), extents);
    Path place = SampleBundle.publish(backend, spec.anywhere(), folder);
    assertUsed(
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
        "1 1 the values of the shape variables make an extent zero or negative, or divide by zero");
    SplittableRandom random = new SplittableRandom();
    FloatBuffer x = floats(8 * 40, random);
    FloatBuffer w = floats(8 * 40, random);
    FloatBuffer y = floats(8 * 8, null);
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
    assertPython(
        place,
        """
        import sys
        sys.path.insert(0, sys.argv[1])
        try:
            import numpy as np
        except ImportError:
            sys.exit(77)
        import tessera
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
      FloatBuffer x = floats(3 * 2 * 40, random);
      FloatBuffer w = floats(5 * 40, random);
      IllegalArgumentException tooShort =
          assertThrows(
              IllegalArgumentException.class,
              () -> operator.run(new long[] {2, 5}, floats(29, null), x, w));
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
    Functions c = library(place);
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
  void header_compilesAsCAndCxx_andTheSourceAlone() throws IOException {
    Path bundle = publish();
    for (String compiler : List.of("gcc", "g++")) {
      assertUsed(
          bundle,
          compiler,
          """
          #include "tessera.h"
          int main(void) {
            tessera_bundle *bundle;
            if (tessera_open(0, &bundle) != TESSERA_OK) return 1;
            float x[3 * 40] = {1}, w[2 * 40] = {2}, y[6];
            const void *inputs[] = {x, w};
            const int64_t shape[] = {1, 2};
            int failed = tessera_run(bundle, shape, inputs, y, 0) != TESSERA_OK || y[0] != 2;
            tessera_close(bundle);
            return failed;
          }
          """,
          "");
    }
  }

  /** A program compiles with a bundle's library, and runs to its end with this output. */
  private static void assertUsed(Path bundle, String compiler, String text, String output)
      throws IOException {
    Path program = bundle.resolve("use." + (compiler.equals("gcc") ? "c" : "cc"));
    Files.writeString(program, text);
    List<String> command =
        List.of(
            "sh",
            "-c",
            "command -v "
                + compiler
                + " >/dev/null || exit 77; "
                + compiler
                + " -Wall -Werror -o use "
                + program.getFileName()
                + " -L. -l:libtessera.so -Wl,-rpath,. && ./use");
    Subprocess.Result result = Subprocess.run(command, bundle, Duration.ofSeconds(60));
    assumeTrue(result.exitCode() != 77, compiler + " is not installed");
    assertEquals(0, result.exitCode(), result.output());
    assertEquals(output, result.output());
  }

  @Test
  void python_numpyArrays_computeAndMistakesAreNamed() throws IOException {
    Path bundle = publish("bias+relu", backend.target().deviceKey());
    String script =
        """
        import hashlib, json, sys, tempfile
        try:
            import numpy as np
        except ImportError:
            sys.exit(77)
        sys.path.insert(0, sys.argv[1])
        import tessera
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
        for bad, sentence in (
            (lambda: op(x.astype(np.float64), w, b), "x is float64; it must be float32"),
            (lambda: op(x, w), "the operand bias is missing; this operator takes x, w, bias and the shape variables T, N"),
            (lambda: op(x[:, ::-1], w, b), "x is not contiguous"),
            (lambda: op(x[:-1], w, b), "x has shape (59, 40); the operator needs (57, 40)"),
            (lambda: op(x, w[0], b), "w must have 2 dimensions, not 1"),
            (lambda: op(T=19, x=x, w=w, bias=b), "x has shape (60, 40); the operator needs (57, 40)"),
            (lambda: op(x, w, b, z=x), "there is no operand z; this operator takes x, w, bias"),
            (lambda: op(x, w, b, x=x), "the operand x is given twice"),
            (lambda: op(x, w, b, b), "4 operands were given; this operator takes x, w, bias"),
            (lambda: op(x, w, op.prepare(w=w)), "bias must have 1 dimensions, not 2"),
            (lambda: op(op.prepare(w[:1].repeat(60, 0)), w, b), "x was prepared as w; prepare it by its name"),
            (lambda: op(x, w, b, out=fixed), "y is read-only; pass an array that may be written"),
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
    assertPython(bundle, script);
  }

  /** A script ends well that gets the bundle's folder and the manifests' version. */
  private void assertPython(Path bundle, String script) throws IOException {
    Path file = folder.resolve("use.py");
    Files.writeString(file, script, StandardCharsets.UTF_8);
    Subprocess.Result result =
        Subprocess.run(
            List.of(
                "sh",
                "-c",
                "command -v python3 >/dev/null || exit 77; exec python3 \"$0\" \"$1\" \"$2\"",
                file.toString(),
                bundle.toString(),
                "" + BundleManifest.SCHEMA_VERSION),
            folder,
            Duration.ofSeconds(60));
    assumeTrue(result.exitCode() != 77, "python3 with numpy is not installed");
    assertEquals(0, result.exitCode(), result.output());
  }
}
