package tessera.microkernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tessera.backend.cpu.CpuDot;
import tessera.backend.cpu.CpuGemm;
import tessera.backend.cpu.CpuTarget;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/** Micro-kernels of one space in another, whose machine or workload differs. */
final class NearestTest {
  private static final CpuTarget WIDE = target("avx512", 16, 32);
  private static final CpuTarget NARROW = target("avx2", 8, 16);

  private final long seed = new Random().nextLong();
  private final SplittableRandom random = new SplittableRandom(seed);
  private final SearchSpace wide = space(WIDE, 768);
  private final SearchSpace narrow = space(NARROW, 768);

  private static CpuTarget target(String isa, int lanes, int registers) {
    return new CpuTarget(
        "test", "test:" + isa, isa, lanes, registers, 2, 32 << 10, 1 << 20, 32 << 20, "cc", 100);
  }

  private static SearchSpace space(CpuTarget target, int k) {
    Workload workload =
        new WorkloadSpec(
                "nearest",
                "dense",
                "float32",
                "none",
                List.of("T"),
                Map.of("m", "T", "n", "256", "k", "" + k))
            .anywhere();
    return new SearchSpace(List.of(new CpuGemm(target, workload), new CpuDot(target, workload)));
  }

  private List<MicroKernel> draw(SearchSpace space) {
    return Stream.generate(() -> space.sample(random)).distinct().limit(100).toList();
  }

  private static long changed(MicroKernel one, MicroKernel other) {
    return one.parameters().entrySet().stream()
        .filter(parameter -> other.get(parameter.getKey()) != parameter.getValue())
        .count();
  }

  @Test
  void nearest_legalOne_isItself() {
    for (MicroKernel kernel : draw(wide)) {
      assertEquals(Optional.of(kernel), wide.nearest(kernel));
    }
  }

  @Test
  void nearest_ofAMachineWithMoreRegisters_isLegalAndAlmostTheSame() {
    int illegal = 0;
    int found = 0;
    for (MicroKernel kernel : draw(wide)) {
      Optional<MicroKernel> nearest = narrow.nearest(kernel);
      if (!narrow.family(kernel).isLegal(kernel)) {
        illegal++;
        found += nearest.isPresent() ? 1 : 0;
      }
      nearest.ifPresent(
          near -> {
            assertTrue(narrow.family(near).isLegal(near), near.key() + ", seed " + seed);
            assertTrue(changed(kernel, near) <= 2, kernel.key() + " and " + near.key());
          });
    }
    assertTrue(illegal > 10, illegal + ", seed " + seed);
    assertTrue(found > 0.8 * illegal, found + " of " + illegal + ", seed " + seed);
  }

  @Test
  void nearest_ofLongerReductions_keepsAllButTheDepth() {
    MicroKernel deep =
        Stream.generate(() -> space(WIDE, 4096).sample(random))
            .filter(kernel -> kernel.family().equals("cpu-gemm") && kernel.get("blockK") == 1024)
            .findFirst()
            .orElseThrow();
    MicroKernel nearest = wide.nearest(deep).orElseThrow();
    assertEquals(768, nearest.get("blockK"));
    assertEquals(deep.with("blockK", 768), nearest);
  }

  @Test
  void nearest_ofAFamilyThatIsNotThere_isNone() {
    SearchSpace other = new SearchSpace(List.of(new CpuGemm(WIDE, workload())));
    MicroKernel dot =
        Stream.generate(() -> wide.sample(random))
            .filter(kernel -> kernel.family().equals("cpu-dot"))
            .findFirst()
            .orElseThrow();
    assertEquals(Optional.empty(), other.nearest(dot));
    assertEquals(Optional.empty(), wide.nearest(new MicroKernel("cpu-gemm", Map.of("other", 1))));
  }

  private static Workload workload() {
    return new WorkloadSpec(
            "nearest",
            "dense",
            "float32",
            "none",
            List.of("T"),
            Map.of("m", "T", "n", "256", "k", "768"))
        .anywhere();
  }

  @Test
  void nearest_inAListedSpace_isListed() {
    List<MicroKernel> listed = draw(wide);
    SearchSpace few = wide.among(listed);
    for (MicroKernel kernel : draw(wide)) {
      few.nearest(kernel).ifPresent(near -> assertTrue(listed.contains(near), near.key()));
    }
    assertEquals(Optional.of(listed.get(0)), few.nearest(listed.get(0)));
  }

  @Test
  void distance_ofInstructionSets_growsByWhatTheyLack() {
    CpuTarget least = target("x86-64-v2", 4, 16);
    assertEquals(0, WIDE.distance(WIDE));
    assertEquals(1, WIDE.distance(NARROW));
    assertEquals(2, least.distance(WIDE));
    assertTrue(WIDE.distance(target("neon", 4, 32)) > WIDE.distance(least));
  }
}
