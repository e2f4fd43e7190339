package tessera.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.Digest;
import tessera.UserError;
import tessera.runtime.Bundle;
import tessera.workload.OperandSpec;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/** A published bundle through its C interface, whole and damaged. */
final class BundleInCTest {
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
  void open_embedded_tellsItsVariablesAndKernels() {
    CLibrary c = CLibrary.of(publish());
    PointerByReference handle = new PointerByReference();
    assertEquals(CLibrary.OK, c.tessera_open(null, handle));
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
    CLibrary c = CLibrary.of(bundle);
    PointerByReference handle = new PointerByReference();
    assertEquals(CLibrary.INVALID_ARGUMENT, c.tessera_open(null, null));
    assertEquals(CLibrary.NOT_FOUND, c.tessera_open(folder.resolve("nowhere").toString(), handle));
    assertEquals(CLibrary.OK, c.tessera_open(bundle.toString(), handle));
    c.tessera_close(handle.getValue());
    for (String victim : List.of(Bundle.LIBRARY, "manifest.json", Bundle.DISPATCH, "tessera.h")) {
      byte[] bytes = Files.readAllBytes(bundle.resolve(victim));
      bytes[bytes.length / 2] ^= 1;
      Path copy = copy(bundle, folder.resolve("damaged-" + victim));
      Files.write(copy.resolve(victim), bytes);
      assertEquals(CLibrary.CORRUPT, c.tessera_open(copy.toString(), handle), victim);
      assertEquals(null, handle.getValue());
      UserError error = assertThrows(UserError.class, () -> Bundle.open(copy));
      assertTrue(error.getMessage().contains(victim + " was changed"), error.getMessage());
      Files.delete(copy.resolve(victim));
      assertEquals(CLibrary.CORRUPT, c.tessera_open(copy.toString(), handle), victim + " missing");
    }
  }

  @Test
  void open_inC_namesThatLeadOutAndLinks_areCorrupt() throws IOException {
    Path bundle = publish();
    CLibrary c = CLibrary.of(bundle);
    PointerByReference handle = new PointerByReference();
    String empty = Digest.sha256(new byte[0]);
    for (String name : List.of("/dev/null", "../empty", ".empty", "a\\b", "kernels//empty", "")) {
      Path copy = copy(bundle, Files.createTempDirectory(folder, "names").resolve("copy"));
      Files.createFile(copy.resolveSibling("empty"));
      Files.createFile(copy.resolve(".empty"));
      Files.createFile(copy.resolve("kernels/empty"));
      Path list = copy.resolve("SHA256SUMS");
      Files.writeString(list, Files.readString(list) + empty + "  " + name + "\n");
      assertEquals(CLibrary.CORRUPT, c.tessera_open(copy.toString(), handle), name);
    }
    for (String victim : List.of(Bundle.LIBRARY, "kernels")) {
      Path copy = copy(bundle, Files.createTempDirectory(folder, "links").resolve("copy"));
      Files.move(copy.resolve(victim), copy.resolveSibling("outside"));
      Files.createSymbolicLink(copy.resolve(victim), copy.resolveSibling("outside"));
      assertEquals(CLibrary.CORRUPT, c.tessera_open(copy.toString(), handle), victim);
    }
  }

  @Test
  void open_inC_listWithoutTheLibrary_isCorrupt() throws IOException {
    Path bundle = publish();
    CLibrary c = CLibrary.of(bundle);
    PointerByReference handle = new PointerByReference();
    Path list = bundle.resolve("SHA256SUMS");
    List<String> lines = Files.readAllLines(list);
    assertTrue(lines.removeIf(line -> line.endsWith("  " + Bundle.LIBRARY)));
    Files.write(list, lines);
    assertEquals(CLibrary.CORRUPT, c.tessera_open(bundle.toString(), handle));
  }

  /** The file of a library that is loaded may be overwritten: what runs is what was checked. */
  @Test
  void open_inC_runsFromMemoryThatNobodyCanChange() throws IOException {
    CLibrary c = CLibrary.of(publish());
    Path other = publish("bias", backend.target().deviceKey());
    PointerByReference handle = new PointerByReference();
    assertEquals(CLibrary.OK, c.tessera_open(other.toString(), handle));
    assertTrue(Files.readString(Path.of("/proc/self/maps")).contains("/memfd:libtessera.so"));
    try (var out = Files.newOutputStream(other.resolve(Bundle.LIBRARY))) {
      out.write(new byte[1 << 17]);
    }
    assertTrue(c.tessera_kernel_name(handle.getValue(), 1).matches("(gemm|dot)_f32_.*"));
    assertEquals(CLibrary.CORRUPT, c.tessera_open(other.toString(), handle));
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
  void run_badArguments_areInvalid() {
    CLibrary c = CLibrary.of(publish());
    PointerByReference handle = new PointerByReference();
    c.tessera_open(null, handle);
    Pointer bundle = handle.getValue();
    Pointer data = Native.getDirectBufferPointer(BundleUse.floats(10_000, new SplittableRandom(1)));
    Pointer[] inputs = {data, data};
    assertEquals(
        CLibrary.INVALID_ARGUMENT, c.tessera_run(bundle, new long[] {-1, 5}, inputs, data, null));
    assertEquals(
        CLibrary.INVALID_ARGUMENT,
        c.tessera_run(bundle, new long[] {1, 5}, new Pointer[] {data, null}, data, null));
    assertEquals(
        CLibrary.INVALID_ARGUMENT, c.tessera_run(bundle, new long[] {1, 5}, inputs, null, null));
    assertEquals(
        CLibrary.INVALID_ARGUMENT, c.tessera_run(null, new long[] {1, 5}, inputs, data, null));
    assertEquals(CLibrary.INVALID_ARGUMENT, c.tessera_set_threads(bundle, 0));
    assertEquals(CLibrary.OK, c.tessera_set_overlap(bundle, 1)); // changes nothing on a CPU
    PointerByReference prepared = new PointerByReference();
    assertEquals(CLibrary.INVALID_ARGUMENT, c.tessera_prepare(bundle, 2, data, prepared, null));
    assertEquals(CLibrary.OK, c.tessera_prepare(bundle, 1, data, prepared, null));
    assertEquals(data, prepared.getValue());
    for (int status = 0; status <= 5; status++) {
      assertTrue(c.tessera_message(status).length() > 5);
    }
    c.tessera_close(bundle);
  }

  @Test
  void message_namesTheArgumentThatIsWrong() {
    Path place = publish("bias", backend.target().deviceKey());
    CLibrary c = CLibrary.of(place);
    PointerByReference handle = new PointerByReference();
    assertInvalid(c, c.tessera_open(null, null), "bundle is NULL; give the address of a pointer");
    assertEquals(CLibrary.OK, c.tessera_open(null, handle));
    Pointer bundle = handle.getValue();
    Pointer data = Native.getDirectBufferPointer(BundleUse.floats(10_000, new SplittableRandom(1)));
    Pointer[] all = {data, data, data};
    Pointer[] some = {data, null, data};
    long[] shape = {1, 5};
    String none = "bundle is NULL; give one that tessera_open opened";
    assertInvalid(c, c.tessera_run(null, shape, all, data, null), none);
    assertInvalid(c, c.tessera_set_overlap(null, 1), none);
    assertInvalid(c, c.tessera_count(null, 1), none);
    assertInvalid(c, c.tessera_counts(null, "file"), none);
    assertInvalid(
        c,
        c.tessera_run(bundle, null, all, data, null),
        "shape is NULL; give the values of the 2 shape variables");
    assertInvalid(
        c,
        c.tessera_run(bundle, new long[] {3, -2}, all, data, null),
        "the shape variable N is -2; it must be positive");
    // of the last, 3 * T would be 2
    for (long[] huge :
        new long[][] {
          {5, 1L << 42}, {5, 1L << 62}, {5, Long.MAX_VALUE}, {6148914691236517206L, 5}
        }) {
      String sentence =
          "with T = "
              + huge[0]
              + ", N = "
              + huge[1]
              + " an extent is zero, negative or too large, or divides by zero; give other values";
      assertInvalid(c, c.tessera_run(bundle, huge, all, data, null), sentence);
      assertInvalid(
          c, c.tessera_operand_extents(bundle, huge[0] == 5 ? 1 : 0, huge, new long[2]), sentence);
    }
    assertInvalid(
        c,
        c.tessera_run(bundle, shape, null, data, null),
        "inputs is NULL; give an array of 3 pointers");
    assertInvalid(
        c, c.tessera_run(bundle, shape, some, data, null), "inputs[1] (w) is NULL; give its data");
    assertInvalid(
        c,
        c.tessera_run(bundle, shape, all, null, null),
        "output (y) is NULL; give memory for the result");
    assertInvalid(c, c.tessera_set_threads(bundle, 257), "threads is 257; give 1 to 256");
    PointerByReference prepared = new PointerByReference();
    assertInvalid(
        c,
        c.tessera_prepare(bundle, 3, data, prepared, null),
        "there is no input 3; the bundle takes 3");
    assertInvalid(
        c,
        c.tessera_prepare(bundle, 1, null, prepared, null),
        "data (w) is NULL; give the operand's data");
    assertInvalid(
        c,
        c.tessera_prepare(bundle, 1, data, null, null),
        "prepared is NULL; give the address of a pointer");
    assertInvalid(
        c,
        c.tessera_operand_extents(bundle, 4, shape, new long[2]),
        "there is no operand 4; the bundle names 4");
    c.tessera_close(bundle);
    assertEquals(CLibrary.NOT_FOUND, c.tessera_open("", handle));
    assertEquals(
        "an empty path: there is no bundle here; give a folder that has a SHA256SUMS",
        c.tessera_message(CLibrary.NOT_FOUND));
    assertEquals(CLibrary.NOT_FOUND, c.tessera_open(folder + "/nowhere", handle));
    assertEquals(
        folder + "/nowhere: there is no bundle here; give a folder that has a SHA256SUMS",
        c.tessera_message(CLibrary.NOT_FOUND));
  }

  private static void assertInvalid(CLibrary c, int status, String message) {
    assertEquals(CLibrary.INVALID_ARGUMENT, status, message);
    assertEquals(message, c.tessera_message(status));
  }

  @Test
  void operands_inC_areThoseOfTheManifest() {
    Path place = publish("bias", backend.target().deviceKey());
    CLibrary c = CLibrary.of(place);
    PointerByReference handle = new PointerByReference();
    assertEquals(CLibrary.OK, c.tessera_open(place.toString(), handle));
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
      assertEquals(CLibrary.OK, c.tessera_operand_extents(bundle, i, shape, extents));
      assertArrayEquals(workload.problem(shape).shape(workload.operands().get(i)), extents);
    }
    for (int outside : new int[] {-1, operands.size()}) {
      assertNull(c.tessera_operand_name(bundle, outside));
      assertNull(c.tessera_operand_type(bundle, outside));
      assertEquals(-1, c.tessera_operand_rank(bundle, outside));
      assertEquals(
          CLibrary.INVALID_ARGUMENT,
          c.tessera_operand_extents(bundle, outside, shape, new long[2]));
    }
    assertEquals(
        CLibrary.INVALID_ARGUMENT,
        c.tessera_operand_extents(bundle, 0, new long[] {1, 0}, new long[2]));
    c.tessera_close(bundle);
  }

  /** For T below 9 the dividend is negative. */
  @Test
  void run_extentsThatDivide_roundDownInC() {
    Map<String, String> extents = Map.of("m", "(T - 9) / 2 + 5", "n", "8", "k", "40");
    WorkloadSpec spec =
        new WorkloadSpec("divided", "dense", "float32", "none", List.of("T"), extents);
    Path place = SampleBundle.publish(backend, spec.anywhere(), folder);
    CLibrary c = CLibrary.of(place);
    PointerByReference handle = new PointerByReference();
    assertEquals(CLibrary.OK, c.tessera_open(place.toString(), handle));
    for (long t = 1; t < 12; t++) {
      long[] extentsOfX = new long[2];
      assertEquals(
          CLibrary.OK, c.tessera_operand_extents(handle.getValue(), 0, new long[] {t}, extentsOfX));
      assertArrayEquals(new long[] {Math.floorDiv(t - 9, 2L) + 5, 40}, extentsOfX, "T = " + t);
    }
    c.tessera_close(handle.getValue());
  }

  @Test
  void header_compilesAsCAndCxx_andTheSourceAlone() throws IOException {
    Path bundle = publish();
    for (String compiler : List.of("gcc", "g++")) {
      BundleUse.assertUsed(
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
}
