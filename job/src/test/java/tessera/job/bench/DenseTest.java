package tessera.job.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tessera.UserError;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

final class DenseTest {
  private static Workload workload(String operator, Map<String, String> extents) {
    return new WorkloadSpec("test", operator, "float32", "none", List.of("T"), extents).anywhere();
  }

  @Test
  void ofRows_areOfALayerWithFixedNAndK() {
    List<Long> rows = List.of(1L, 7L);
    assertEquals(
        List.of(new Dense(1, 96, 40), new Dense(7, 96, 40)),
        Dense.ofRows(workload("dense", Map.of("m", "16 * T", "n", "96", "k", "40")), rows));
    assertEquals(
        List.of(), Dense.ofRows(workload("dense", Map.of("m", "8", "n", "T", "k", "40")), rows));
    assertEquals(
        List.of(),
        Dense.ofRows(
            workload("batch_matmul_nt", Map.of("b", "1", "m", "T", "n", "96", "k", "40")), rows));
  }

  @Test
  void checkMemory_ofMoreRowsThanItHolds_namesThem() {
    List<Dense> shapes = List.of(new Dense(1, 768, 768), new Dense(Long.MAX_VALUE, 768, 768));
    UserError error =
        assertThrows(UserError.class, () -> Dense.checkMemory(shapes, 8_000_000_000L));
    assertEquals(
        "9223372036854775807 rows of a 768x768 layer take 5.67e+13 GB, of the 2.00 GB of memory that may be used for them; give smaller --rows",
        error.getMessage());
    Dense.checkMemory(List.of(new Dense(2048, 3072, 768)), 8_000_000_000L);
  }
}
