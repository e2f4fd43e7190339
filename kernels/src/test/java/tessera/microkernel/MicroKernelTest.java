package tessera.microkernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class MicroKernelTest {
  private static MicroKernel kernel(int m, int n, int k, int stages) {
    return new MicroKernel("mma", Map.of("tileM", m, "tileN", n, "tileK", k, "stages", stages));
  }

  @Test
  void hashCode_ofNeighbours_seldomCollides() {
    Set<Integer> hashes = new HashSet<>();
    for (int m = 1; m <= 8; m++) {
      for (int n = 1; n <= 8; n++) {
        for (int k = 1; k <= 8; k++) {
          for (int stages = 1; stages <= 4; stages++) {
            hashes.add(kernel(16 * m, 16 * n, 16 * k, stages).hashCode());
          }
        }
      }
    }
    assertTrue(hashes.size() > 2040, hashes.size() + " of 2048");
  }

  @Test
  void hashCode_ofParametersInAnyOrder_isTheSame() {
    Map<String, Integer> one = new LinkedHashMap<>();
    Map<String, Integer> other = new HashMap<>();
    for (int i = 0; i < 20; i++) {
      one.put("p" + i, i);
      other.put("p" + (19 - i), 19 - i);
    }
    assertEquals(new MicroKernel("f", one), new MicroKernel("f", other));
    assertEquals(new MicroKernel("f", one).hashCode(), new MicroKernel("f", other).hashCode());
  }
}
