package tessera.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.ptr.PointerByReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.compile.Subprocess;
import tessera.runtime.TunedOperator;

/** On which processors a bundle opens. */
final class BundleDeviceTest {
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
  void open_otherHardware_isRefusedByEveryInterface() {
    Path bundle = publish("none", "AnotherMaker:1:2:" + backend.target().isa());
    PointerByReference handle = new PointerByReference();
    assertEquals(CLibrary.DEVICE_MISMATCH, CLibrary.of(bundle).tessera_open(null, handle));
    assertEquals(
        CLibrary.DEVICE_MISMATCH, CLibrary.of(bundle).tessera_open(bundle.toString(), handle));
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
        assertEquals(CLibrary.DEVICE_MISMATCH, result.exitCode(), result.output());
        String missing = "it needs " + isa.words() + ", which this processor lacks";
        assertTrue(result.output().contains(missing), result.output());
      }
    }
    assertEquals(CLibrary.DEVICE_MISMATCH, opened(bundle, "any:avx1024").exitCode());
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
    assertEquals(CLibrary.DEVICE_MISMATCH, refused.exitCode(), refused.output());
    assertTrue(refused.output().contains("it needs AVX2, which this"), refused.output());
    assertEquals(CLibrary.OK, opened(bundle, made, "any:x86-64-v2", lesser).exitCode());
  }

  @Test
  void open_keyOfAnOlderBundle_isStillThisProcessor() throws IOException {
    Path bundle = publish();
    String key = CpuInfo.whole().deviceKey();
    assertEquals(CLibrary.OK, opened(bundle, key).exitCode());
    String older = key.replaceFirst(":x86-64-v2$", ":sse2");
    assertEquals(CLibrary.OK, opened(bundle, older).exitCode(), older);
    String sse2 = key.replaceFirst(":[^:]*$", ":sse2");
    assertEquals(
        sse2.equals(older) ? CLibrary.OK : CLibrary.DEVICE_MISMATCH,
        opened(bundle, sse2).exitCode());
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
      assertEquals("", BundleUse.runOnce(operator, System.nanoTime()));
    }
  }
}
