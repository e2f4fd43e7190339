package tessera.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tessera.Json;
import tessera.UserError;
import tessera.backend.Target;

/** Processors that need not be there, by what Linux would say of them. */
final class CpuInfoTest {
  private static final String V2 = "fpu sse2 ssse3 fma cx16 sse4_1 sse4_2 popcnt avx";
  private static final String V3 = V2 + " f16c abm movbe bmi1 avx2 bmi2";

  private static final CpuInfo ZEN_4 = x86("AMD EPYC", V3 + " avx512f avx512dq avx512vl");
  private static final CpuInfo ZEN_3 = x86("AMD Ryzen 7 5800X", V3);
  private static final CpuInfo WESTMERE = x86("Intel Xeon X5650", V2);
  private static final CpuInfo GRAVITON =
      CpuInfo.parse(
          List.of(
              "processor\t: 0",
              "Features\t: fp asimd evtstrm aes",
              "CPU implementer\t: 0x41",
              "CPU part\t: 0xd0c",
              "",
              "processor\t: 1"));

  private static CpuInfo x86(String model, String flags) {
    return CpuInfo.parse(
        List.of(
            "processor\t: 0",
            "vendor_id\t: Maker",
            "cpu family\t: 25",
            "model\t\t: 97",
            "model name\t: " + model,
            "flags\t\t: " + flags,
            "",
            "flags\t\t: of another"));
  }

  private static CpuTarget target(CpuInfo info) {
    return new CpuTarget(
        info.model(),
        info.deviceKey(),
        info.isa().key(),
        info.isa().lanes(),
        info.isa().registers(),
        4,
        32 << 10,
        1 << 20,
        32 << 20,
        "cc",
        100);
  }

  @Test
  void isa_isTheWidestThatAllFlagsAreThereFor() {
    assertEquals(CpuIsa.AVX512, ZEN_4.isa());
    assertEquals(CpuIsa.AVX2, ZEN_3.isa());
    assertEquals(CpuIsa.AVX2, x86("no VL", V3 + " avx512f avx512dq").isa());
    assertEquals(CpuIsa.X86_64_V2, WESTMERE.isa());
    assertEquals(CpuIsa.X86_64_V2, x86("no FMA", V3.replace(" fma", "")).isa());
    assertEquals(CpuIsa.NEON, GRAVITON.isa());
    assertEquals(CpuIsa.GENERIC, x86("Opteron", "fpu sse2").isa());
    assertEquals(CpuIsa.GENERIC, CpuInfo.parse(List.of()).isa());
  }

  @Test
  void deviceKey_namesTheProcessor_andOfANarrowedOneTheSetAlone() {
    assertEquals("Maker:25:97:avx512", ZEN_4.deviceKey());
    assertEquals("0x41:0xd0c:neon", GRAVITON.deviceKey());
    assertEquals("any:avx2", ZEN_4.narrowedTo(CpuIsa.AVX2).deviceKey());
    assertEquals("any:avx2", ZEN_3.narrowedTo(CpuIsa.AVX2).deviceKey());
    assertEquals("any:x86-64-v2", ZEN_3.narrowedTo(CpuIsa.X86_64_V2).deviceKey());
    assertSame(ZEN_4, ZEN_4.narrowedTo(CpuIsa.AVX512));
    assertSame(GRAVITON, GRAVITON.narrowedTo(CpuIsa.NEON));
  }

  @Test
  void narrowedTo_whatTheProcessorLacks_isRefused() {
    UserError error = assertThrows(UserError.class, () -> ZEN_3.narrowedTo(CpuIsa.AVX512));
    assertEquals(
        "this processor (AMD Ryzen 7 5800X) lacks AVX-512; the widest instruction set to ask for here is avx2",
        error.getMessage());
    assertThrows(UserError.class, () -> ZEN_4.narrowedTo(CpuIsa.NEON));
    assertThrows(UserError.class, () -> GRAVITON.narrowedTo(CpuIsa.AVX2));
    CpuInfo narrowed = ZEN_4.narrowedTo(CpuIsa.X86_64_V2);
    assertThrows(UserError.class, () -> narrowed.narrowedTo(CpuIsa.AVX2));
  }

  @ParameterizedTest
  @CsvSource({"sse2", "generic", "AVX2", "''"})
  void asked_whatIsNoChoice_isRefused(String key) {
    UserError error = assertThrows(UserError.class, () -> CpuIsa.asked("--isa", key));
    assertTrue(error.getMessage().contains("--isa takes avx512, avx2 and"), error.getMessage());
  }

  @Test
  void target_ofANarrowedProcessor_isAnother() {
    CpuTarget whole = target(ZEN_3);
    CpuTarget narrowed = target(ZEN_3.narrowedTo(CpuIsa.AVX2));
    assertFalse(whole.narrowed());
    assertTrue(narrowed.narrowed());
    assertNotEquals(whole.fingerprint(), narrowed.fingerprint());
    assertTrue(whole.folder().startsWith("cpu-avx2-4c-"), whole.folder());
    assertTrue(narrowed.folder().startsWith("cpu-any-avx2-4c-"), narrowed.folder());
    assertNotEquals(narrowed.fingerprint(), target(ZEN_4.narrowedTo(CpuIsa.AVX2)).fingerprint());
    assertEquals("native", whole.march());
    assertEquals("x86-64-v3", narrowed.march());
    assertEquals("x86-64-v2", target(ZEN_3.narrowedTo(CpuIsa.X86_64_V2)).march());
    assertEquals(Optional.of("every x86-64 processor with AVX2"), narrowed.reach());
  }

  @Test
  void refusal_ofWhatIsForAnyProcessor_namesWhatIsMissing() {
    CpuTarget avx2 = target(ZEN_4.narrowedTo(CpuIsa.AVX2));
    assertEquals(Optional.empty(), ZEN_4.refusal(avx2));
    assertEquals(Optional.empty(), ZEN_3.refusal(avx2));
    assertEquals(
        Optional.of("needs AVX2, which this processor lacks: Intel Xeon X5650"),
        WESTMERE.refusal(avx2));
    assertTrue(GRAVITON.refusal(avx2).isPresent());
    assertEquals(Optional.empty(), ZEN_3.refusal(target(ZEN_4.narrowedTo(CpuIsa.X86_64_V2))));
  }

  @Test
  void refusal_ofWhatIsForOneProcessor_takesThatAlone() {
    assertEquals(Optional.empty(), ZEN_4.refusal(target(ZEN_4)));
    assertEquals(
        Optional.of("was made for AMD EPYC with AVX-512, this is AMD Ryzen 7 5800X with AVX2"),
        ZEN_3.refusal(target(ZEN_4)));
    assertTrue(ZEN_4.refusal(target(ZEN_3)).isPresent());
    assertTrue(ZEN_4.narrowedTo(CpuIsa.AVX2).refusal(target(ZEN_4)).isPresent());
  }

  @Test
  void target_writtenBefore_isReadUnderTheNewName() throws JsonProcessingException {
    ObjectMapper json = Json.MESSAGES;
    String now = json.writeValueAsString((Target) target(WESTMERE));
    assertTrue(now.contains("\"Maker:25:97:x86-64-v2\""), now);
    Target before = json.readValue(now.replace("x86-64-v2", "sse2"), Target.class);
    assertEquals(target(WESTMERE), before);
    assertEquals(target(WESTMERE).fingerprint(), before.fingerprint());
    CpuTarget narrowed = target(ZEN_4.narrowedTo(CpuIsa.AVX2));
    assertEquals(
        narrowed, json.readValue(json.writeValueAsString((Target) narrowed), Target.class));
  }
}
