package tessera.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.hardware.CudaTarget;
import tessera.measure.Outcome;
import tessera.measure.Timing;
import tessera.measure.TimingPolicy;
import tessera.measure.Trial;
import tessera.measure.TrialRunner;
import tessera.measure.WorkerReply;
import tessera.microkernel.MicroKernel;
import tessera.workload.GemmShape;
import tessera.workload.UserError;
import tessera.workload.Workload;

/**
 * The CUDA backend from its probe of the device to every outcome of a trial, on an emulated driver.
 * What runs here is JCuda, our own processes and the templates; a GPU is not needed and not shown.
 */
final class CudaBackendTest {
  private static final MicroKernel SIMT = Gpus.simt(32, 64, 16, 4, 8, 8, "even", 1);
  private static final MicroKernel CLUSTER = Gpus.simt(32, 32, 8, 4, 4, 8, "2", 2);
  private static final MicroKernel SKINNY = Gpus.skinny(4, 4, 4, 2, 2, 2);
  private static final Workload WORKLOAD = Gpus.workload("dense", "bias");
  private static final List<GemmShape> SHAPE = List.of(new GemmShape(1, 8, 64, 32));
  private static final TimingPolicy POLICY =
      new TimingPolicy(3, 1_000_000, 10_000, 100_000, 1, -1, 50);

  @TempDir private static Path folder;
  private static EmulatedGpu gpu;
  private static CudaBackend backend;
  private static TrialRunner runner;

  @BeforeAll
  static void start() {
    assumeTrue(EmulatedGpu.isPossible(), "g++ is not installed, so no CUDA driver can be emulated");
    gpu = new EmulatedGpu(folder);
    CudaTarget target = CudaBackend.probe(gpu.environment(), "", "emulated");
    Path helpers = CudaBackend.helpers(gpu, target);
    backend = new CudaBackend(gpu, target, helpers, gpu.environment());
    runner = new TrialRunner(backend, WORKLOAD, System.nanoTime(), Duration.ofSeconds(5));
  }

  @AfterAll
  static void stop() {
    if (runner != null) {
      runner.close();
    }
  }

  private static Trial spoilt(String part, String other) {
    gpu.spoil(
        source -> {
          assertTrue(source.contains(part), "the template still has: " + part);
          return source.replace(part, other);
        });
    try {
      return runner.run(SIMT, POLICY, SHAPE);
    } finally {
      gpu.spoil(source -> source);
    }
  }

  private static void assertNextTrialRuns() {
    Trial next = runner.run(SIMT, POLICY, SHAPE);
    assertEquals(Outcome.OK, next.outcome(), next.message());
  }

  @Test
  void probe_emulatedDevice_isDescribed() {
    CudaTarget target = backend.target();
    assertEquals("Emulated GPU", target.model());
    assertEquals("sm_90a", target.isa());
    assertEquals(3, target.multiprocessors());
    assertEquals(1000, target.clockMhz());
    assertEquals("13.0", target.driver());
    assertTrue(target.folder().startsWith("cuda-sm_90a-3sm-"), target.folder());
  }

  @Test
  void probe_withoutADriver_saysSo() {
    UserError error =
        assertThrows(
            UserError.class,
            () -> CudaBackend.probe(List.of("LD_LIBRARY_PATH=/nonexistent"), "", "none"));
    assertTrue(
        error.getMessage().contains("no GPU can be used (NVIDIA's driver, libcuda.so.1, cannot"),
        error.getMessage());
  }

  @Test
  void compare_rightKernels_areTimedSideBySide() {
    WorkerReply reply = runner.compare(List.of(SIMT, CLUSTER, SKINNY), List.of(), SHAPE, POLICY);
    assertEquals(Outcome.OK, reply.outcome(), reply.message());
    assertEquals(3, reply.timings().get(0).size());
    for (Timing timing : reply.timings().get(0)) {
      assertEquals(3, timing.nanos().length);
      for (int i = 0; i < 3; i++) {
        assertTrue(timing.nanos()[i] > 0 && timing.probeGflops()[i] > 0, timing.toString());
      }
    }
  }

  @Test
  void run_wrongBehindTheFirstTile_isIncorrect() {
    Trial trial =
        spoilt(
            "const int r = row + Sums::row(v);", "const int r = row + Sums::row(v) + (row0 > 0);");
    assertEquals(Outcome.INCORRECT, trial.outcome(), trial.message());
    assertTrue(trial.message().contains("should be"), trial.message());
  }

  @Test
  void run_storesNaN_isIncorrect() {
    Trial trial = spoilt("of[i][j] = 0;", "of[i][j] = 0.0f / 0.0f;");
    assertEquals(Outcome.INCORRECT, trial.outcome(), trial.message());
  }

  @Test
  void run_readsFarOutside_failsAndTheNextTrialRuns() {
    Trial trial = spoilt("v.x = load_readonly(p);", "v.x = load_readonly(p + (1ll << 44));");
    assertEquals(Outcome.RUN_FAILED, trial.outcome(), trial.message());
    assertNextTrialRuns();
  }

  @Test
  void run_neverEnds_timesOutAndTheNextTrialRuns() {
    Trial trial =
        spoilt("sums.clear();\n  next_a", "for (volatile int i = 0; i < 1;) {}\n  next_a");
    assertEquals(Outcome.RUN_TIMEOUT, trial.outcome(), trial.message());
    assertNextTrialRuns();
  }

  @Test
  void run_doesNotCompile_failsWithTheCompilersWords() {
    Trial trial = spoilt("sums.clear();", "sums.clearance();");
    assertEquals(Outcome.BUILD_FAILED, trial.outcome());
    assertTrue(trial.message().contains("clearance"), trial.message());
  }

  @Test
  void probes_areSizedByTheGridAndNotByAnInstance() {
    List<GemmShape> probes =
        new CudaBackend(gpu, Gpus.H200, folder, List.of())
            .probes(Gpus.bertDense(), Gpus.simt(192, 128, 16, 12, 8, 8, "1", 1));
    // 18 tiles along n: 132 slots hold 7.3 rows of tiles
    assertEquals(
        Stream.of(15, 8, 1).map(rows -> new GemmShape(1, 192L * rows, 2304, 768)).toList(), probes);
  }
}
