package tessera.microkernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tessera.backend.cpu.CpuDot;
import tessera.backend.cpu.CpuGemm;
import tessera.backend.cpu.CpuTarget;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

final class ListedSpaceTest {
  private static final CpuTarget TARGET =
      new CpuTarget(
          "test", "test:avx512", "avx512", 16, 32, 2, 32 << 10, 1 << 20, 32 << 20, "cc", 100);
  private static final Workload WORKLOAD =
      new WorkloadSpec(
              "listed",
              "dense",
              "float32",
              "none",
              List.of("T"),
              Map.of("m", "T", "n", "256", "k", "512"))
          .anywhere();
  private static final SearchSpace WHOLE =
      new SearchSpace(List.of(new CpuGemm(TARGET, WORKLOAD), new CpuDot(TARGET, WORKLOAD)));

  private final long seed = new Random().nextLong();
  private final SplittableRandom random = new SplittableRandom(seed);
  private final Set<MicroKernel> listed = new HashSet<>(draw(80));
  private final SearchSpace space = WHOLE.among(listed);

  private List<MicroKernel> draw(int count) {
    return Stream.generate(() -> WHOLE.sample(random)).distinct().limit(count).toList();
  }

  @Test
  void sample_drawsEveryListedOne() {
    Set<MicroKernel> drawn = new HashSet<>();
    for (int i = 0; i < 10_000; i++) {
      drawn.add(space.sample(random));
    }
    assertEquals(listed, drawn);
  }

  @Test
  void mutate_givesAnotherListedOneOfTheFamily() {
    for (MicroKernel kernel : listed) {
      MicroKernel changed = space.mutate(kernel, random);
      assertTrue(listed.contains(changed) && !changed.equals(kernel), "seed " + seed);
      assertEquals(kernel.family(), changed.family());
    }
  }

  /** A row along one parameter: the far ones are no neighbours. */
  @Test
  void mutate_givesOneOfTheEightNearest() {
    MicroKernel first = gemm();
    List<MicroKernel> row =
        List.of(1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16).stream()
            .map(scalars -> first.with("tileScalars", scalars))
            .toList();
    SearchSpace line = WHOLE.among(row);
    Set<MicroKernel> near = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      near.add(line.mutate(row.get(0), random));
    }
    assertEquals(new HashSet<>(row.subList(1, 9)), near);
  }

  private MicroKernel gemm() {
    return listed.stream().filter(k -> k.family().equals("cpu-gemm")).findFirst().orElseThrow();
  }

  @Test
  void cross_givesAListedOneOfTheFirstsFamily() {
    for (MicroKernel first : listed) {
      MicroKernel child = space.cross(first, space.sample(random), random);
      assertTrue(listed.contains(child), "seed " + seed);
      assertEquals(first.family(), child.family());
    }
  }

  @Test
  void mutate_onlyOneOfItsFamily_staysAsItIs() {
    MicroKernel alone = gemm();
    assertEquals(alone, WHOLE.among(List.of(alone)).mutate(alone, random));
  }

  @Test
  void features_areThoseOfTheWholeSpace() {
    assertEquals(WHOLE.featureNames(), space.featureNames());
    for (MicroKernel kernel : listed) {
      assertArrayEquals(WHOLE.features(kernel), space.features(kernel));
    }
  }

  @Test
  void among_nothing_isRefused() {
    assertEquals(
        "a space needs a micro-kernel",
        assertThrows(IllegalArgumentException.class, () -> WHOLE.among(List.of())).getMessage());
  }
}
