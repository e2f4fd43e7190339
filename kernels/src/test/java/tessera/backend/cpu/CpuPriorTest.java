package tessera.backend.cpu;

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
import tessera.microkernel.MeasuredKernel;
import tessera.workload.Preparation;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/** Priors beside measured times, and beside values that were written down. */
final class CpuPriorTest {
  private static final int THREADS = 2;

  private static final Workload DENSE =
      new WorkloadSpec(
              "bert-dense",
              "dense",
              "float32",
              "none",
              List.of("T"),
              Map.of("m", "16 * T", "n", "2304", "k", "768"))
          .anywhere();

  private static final Workload LONG =
      new WorkloadSpec(
              "bert-feed-forward",
              "dense",
              "float32",
              "none",
              List.of("T"),
              Map.of("m", "16 * T", "n", "768", "k", "3072"))
          .anywhere();

  /** The processor of the measured times. */
  private static final CpuTarget EPYC =
      new CpuTarget(
          "AMD EPYC",
          "AuthenticAMD:25:17:avx512",
          "avx512",
          16,
          32,
          THREADS,
          32 << 10,
          1 << 20,
          32 << 20,
          "gcc",
          113.67391206534357);

  private static final Map<String, CpuFamily> FAMILIES =
      Map.of("cpu-gemm", new CpuGemm(EPYC, DENSE), "cpu-dot", new CpuDot(EPYC, DENSE));

  /** A processor as that to which the priors were fitted. */
  private static final CpuTarget ZEN_5 =
      new CpuTarget(
          "AMD EPYC",
          "AuthenticAMD:26:2:avx512",
          "avx512",
          16,
          32,
          2,
          48 << 10,
          1 << 20,
          32 << 20,
          "gcc",
          247.00522380784545);

  private static final Map<String, CpuFamily> FITTED =
      Map.of(
          "cpu-gemm",
          new CpuGemm(ZEN_5, DENSE),
          "cpu-gemm prepared",
          new CpuGemm(ZEN_5, DENSE.preparing(Preparation.ONLY)),
          "cpu-dot",
          new CpuDot(ZEN_5, DENSE),
          "cpu-dot long",
          new CpuDot(ZEN_5, LONG));

  @ParameterizedTest
  @CsvSource({
    // family, times, speed of the first three relative to the fastest, error of a logarithm
    "cpu-gemm, 88, 0.97, 0.25",
    "cpu-dot, 8, 0.97, 0.12"
  })
  void prior_isNearMeasuredTimes(String family, int times, double speed, double error) {
    List<MeasuredKernel> measured = MeasuredKernel.of(family, "/tessera/backend/cpu/measured.txt");
    assertEquals(times, measured.size());
    double chosen = MeasuredKernel.speed(FAMILIES.get(family), measured, THREADS);
    assertTrue(chosen > speed, "speed " + chosen);
    double mean = MeasuredKernel.logError(FAMILIES.get(family), measured, THREADS);
    assertTrue(mean < error, "error " + mean);
  }

  @ParameterizedTest
  @CsvSource({"cpu-gemm, 0.2", "cpu-gemm prepared, 0.2", "cpu-dot, 0.3", "cpu-dot long, 0.4"})
  void prior_isNearTimesOfALaterSearch(String key, double error) {
    List<MeasuredKernel> measured =
        MeasuredKernel.of(key, "/tessera/backend/cpu/measured-zen5.txt");
    assertTrue(measured.size() > 40, "times " + measured.size());
    double mean = MeasuredKernel.logError(FITTED.get(key), measured, 1);
    assertTrue(mean < error, "error " + mean);
  }

  /** No fit of the file claims measured times that no test compares it with. */
  @Test
  void fits_sayWhatTheyAreHeldTo() {
    Set<String> held = new TreeSet<>();
    CpuFamily.FITS
        .fits()
        .values()
        .forEach(fit -> held.addAll(Arrays.asList(fit.heldTo().split(", "))));
    assertEquals(FAMILIES.keySet(), held);
  }

  @Test
  void prior_ofRandomKernels_isAsWrittenDown() {
    MeasuredKernel.assertWrittenDown("/tessera/backend/cpu/priors.txt", 2 * 12, FAMILIES, THREADS);
  }
}
