package tessera.microkernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;
import tessera.Json;
import tessera.runtime.BundleManifest;

final class FormerNamesTest {
  @Test
  void current_ofFormerNames_areTodays() {
    assertEquals(
        Map.of("streamK", 1, "cluster", 2),
        FormerNames.current("mma", Map.of("even", 1, "cluster", 2)));
    assertEquals(Map.of("streamK", 0), FormerNames.current("mma", Map.of("streamK", 0)));
  }

  /** A micro-kernel as the manifest of a bundle of version 3 lists it. */
  @Test
  void kernelEntry_ofAFormerManifest_hasTodaysParameters() throws Exception {
    String former =
        """
        {
          "name" : "simt_f32_sm_90a_64x192x16_t8x8_l4x2_s2_even_g1_r1_o0",
          "family" : "cuda-simt",
          "parameters" : { "blockK" : 16, "blockM" : 64, "blockN" : 192, "cluster" : 1, "even" : 1 }
        }
        """;
    BundleManifest.KernelEntry entry =
        Json.DOCUMENTS.readValue(former, BundleManifest.KernelEntry.class);
    assertEquals("simt_f32_sm_90a_64x192x16_t8x8_l4x2_s2_even_g1_r1_o0", entry.name());
    assertEquals(
        Map.of("blockK", 16, "blockM", 64, "blockN", 192, "cluster", 1, "streamK", 1),
        entry.parameters());
  }

  @Test
  void current_ofDotProductsWithoutBlocks_takesEveryReductionWhole() {
    assertEquals(
        Map.of("tileM", 4, "blockK", 1 << 20), FormerNames.current("cpu-dot", Map.of("tileM", 4)));
    Map<String, Integer> blocked = Map.of("tileM", 4, "blockK", 384);
    assertEquals(blocked, FormerNames.current("cpu-dot", blocked));
  }
}
