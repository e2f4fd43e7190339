package tessera.backend.cuda.prior;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tessera.backend.cuda.Samples;
import tessera.backend.cuda.family.CudaEmulated;
import tessera.backend.cuda.family.CudaFamily;
import tessera.backend.cuda.family.CudaMma;
import tessera.backend.cuda.family.CudaRows;
import tessera.backend.cuda.family.CudaSimt;
import tessera.backend.cuda.family.CudaSkinny;
import tessera.backend.cuda.family.CudaWgmma;
import tessera.microkernel.MeasuredKernel;
import tessera.operator.Numerics;

/** Priors beside measured times, and beside values that were written down. */
final class PriorTest {
  /** The families that the written values name, each for one workload. */
  private static final Map<String, CudaFamily> FAMILIES =
      Map.of(
          "cuda-simt", new CudaSimt(Samples.H200, Samples.bertDense(Numerics.FLOAT32)),
          "cuda-simt nn", new CudaSimt(Samples.H200, Samples.attentionValues()),
          "cuda-rows", new CudaRows(Samples.H200, Samples.attentionValues()),
          "cuda-skinny", new CudaSkinny(Samples.H200, Samples.bertDense(Numerics.FLOAT32)),
          "cuda-mma", new CudaMma(Samples.H200, Samples.bertDense(Samples.FLOAT16)),
          "cuda-wgmma", new CudaWgmma(Samples.H200, Samples.bertDense(Samples.FLOAT16)),
          "cuda-wgmma nn",
              new CudaWgmma(
                  Samples.H200, Samples.workload("batch_matmul_nn", "none", Samples.FLOAT16)),
          "cuda-emulated", new CudaEmulated(Samples.H200, Samples.bertDense(Samples.EMULATED)));

  @ParameterizedTest
  @CsvSource({
    // family, shapes, speed of the first three relative to the fastest, error of a logarithm
    "cuda-wgmma, 5, 0.96, 0.08",
    "cuda-simt, 5, 0.92, 0.13",
    "cuda-rows, 5, 0.96, 0.11",
    "cuda-skinny, 4, 0.95, 0.19",
    "cuda-mma, 5, 0.96, 0.18",
    "cuda-simt nn, 5, 0.94, 0.18",
    "cuda-emulated, 10, 0.98, 0.1"
  })
  void prior_isNearMeasuredTimes(String family, int shapes, double speed, double error) {
    List<MeasuredKernel> measured = MeasuredKernel.of(family, "/tessera/backend/cuda/measured.txt");
    assertEquals(shapes, measured.stream().map(MeasuredKernel::shape).distinct().count());
    assertTrue(measured.size() > 8 * shapes, measured.size() + " times");
    CudaFamily of = FAMILIES.get(family);
    double chosen = MeasuredKernel.speed(of, measured, 1);
    assertTrue(chosen > speed, "speed " + chosen);
    double mean = MeasuredKernel.logError(of, measured, 1);
    assertTrue(mean < error, "error " + mean);
  }

  /** No fit of the file claims measured times that no test compares it with. */
  @Test
  void fits_sayWhatTheyAreHeldTo() {
    Set<String> held = new TreeSet<>();
    CudaFits.FILE
        .fits()
        .values()
        .forEach(fit -> held.addAll(Arrays.asList(fit.heldTo().split(", "))));
    assertEquals(
        Set.of(
            "cuda-simt",
            "cuda-simt nn",
            "cuda-rows",
            "cuda-skinny",
            "cuda-mma",
            "cuda-wgmma",
            "cuda-emulated"),
        held);
  }

  @Test
  void prior_ofRandomKernels_isAsWrittenDown() {
    MeasuredKernel.assertWrittenDown("/tessera/backend/cuda/priors.txt", 8 * 12, FAMILIES, 1);
  }
}
