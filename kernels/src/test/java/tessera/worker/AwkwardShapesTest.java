package tessera.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;
import tessera.operator.GemmShape;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

class AwkwardShapesTest {
  /** Columns of the widest instruction, and rows of the largest box. */
  private static final long LARGEST_TILE = 256;

  @Test
  void largeWeights_checksHaveMoreRowsThanAnyTile() {
    List<WorkerRequest.Check> checks =
        checks(List.of("M"), Map.of("m", "M", "n", "11008", "k", "4096"), 4e10);
    assertTrue(most(checks, GemmShape::m) > LARGEST_TILE);
    assertTrue(checks.stream().allMatch(check -> check.problem().gemm().n() == 11008));
  }

  @Test
  void everyExtentVaries_checksAreLargerThanAnyTile() {
    List<WorkerRequest.Check> checks =
        checks(List.of("M", "N", "K"), Map.of("m", "M", "n", "N", "k", "K"), 8e8);
    assertTrue(most(checks, GemmShape::m) > LARGEST_TILE);
    assertTrue(most(checks, GemmShape::n) > LARGEST_TILE);
    assertTrue(most(checks, GemmShape::k) > LARGEST_TILE);
  }

  @Test
  void noTimeForAReference_oneCheckIsLeft() {
    assertEquals(1, checks(List.of("M"), Map.of("m", "M", "n", "11008", "k", "4096"), 1).size());
  }

  private static List<WorkerRequest.Check> checks(
      List<String> variables, Map<String, String> extents, double mostFlops) {
    Workload workload =
        new WorkloadSpec(
                "checked", "dense", "float32", "float32", "float32", "none", variables, extents)
            .anywhere();
    return AwkwardShapes.of(workload, mostFlops);
  }

  private static long most(List<WorkerRequest.Check> checks, ToLongFunction<GemmShape> extent) {
    return checks.stream()
        .map(check -> check.problem().gemm())
        .mapToLong(extent)
        .max()
        .orElseThrow();
  }
}
