package tessera.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.compile.Builder;
import tessera.compile.CCompiler;
import tessera.measure.Deadline;
import tessera.measure.Outcome;
import tessera.measure.Patience;
import tessera.measure.Timing;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MicroKernel;
import tessera.operator.Operator;
import tessera.operator.Problem;
import tessera.trial.Lap;
import tessera.trial.Trial;
import tessera.trial.TrialRunner;
import tessera.workload.Workload;

/** Every outcome of a trial on some GPU, real or emulated. */
abstract class CudaTrials {
  private static final MicroKernel SIMT = Samples.simt(32, 64, 16, 4, 8, 8, 2, "streamK", 1);
  private static final MicroKernel CLUSTER = Samples.simt(32, 32, 8, 4, 4, 8, 2, "2", 2);
  private static final MicroKernel SKINNY = Samples.skinny(4, 4, 4, 2, 2, 2);
  private static final Workload WORKLOAD = Samples.workload("dense", "bias");

  /** One that the aligned function takes, one that it does not. */
  static final List<Problem> PROBLEMS = List.of(problem(8, 64, 32), problem(8, 61, 31));

  static Problem problem(long m, long n, long k) {
    return new Problem(Operator.DENSE, Map.of("m", m, "n", n, "k", k));
  }

  /** Other programs may disturb the samples: these tests look at results, not at times. */
  static final TimingPolicy POLICY = new TimingPolicy(3, 1_000_000, 10_000, 100_000, 1, 1e9);

  static SpoiltBuilder compiler;
  static CudaBackend backend;
  static TrialRunner runner;

  static void start(Builder real, CudaTarget target, List<String> environment, Path builds) {
    compiler = new SpoiltBuilder(real);
    backend =
        new CudaBackend(
            compiler,
            target,
            CudaBackend.helpers(compiler, target),
            LaunchLibrary.build(CCompiler.find(builds)),
            environment,
            "tried");
    runner =
        new TrialRunner(
            List.of(backend),
            WORKLOAD,
            System.nanoTime(),
            Patience.USUAL.withTrial(Duration.ofSeconds(12)));
  }

  @AfterAll
  static void stop() {
    if (runner != null) {
      runner.close();
    }
  }

  private static Trial spoilt(String part, String other) {
    compiler.spoil(
        source -> {
          assertTrue(source.contains(part), "the template still has: " + part);
          return source.replace(part, other);
        });
    try {
      return runner.run(SIMT, POLICY, PROBLEMS, Deadline.NEVER);
    } finally {
      compiler.spoil(source -> source);
    }
  }

  private static void assertNextTrialRuns() {
    Trial next = runner.run(SIMT, POLICY, PROBLEMS, Deadline.NEVER);
    assertEquals(Outcome.OK, next.outcome(), next.message());
  }

  @Test
  void race_rightKernels_areTimedSideBySide() {
    for (Problem problem : PROBLEMS) {
      List<Lap> laps =
          runner.compare(
              List.of(SIMT, CLUSTER, SKINNY),
              List.of(),
              problem,
              POLICY,
              Optional.empty(),
              Deadline.NEVER);
      assertEquals(3, laps.size());
      laps.forEach(lap -> assertTrue(lap.isOk() && lap.seconds() > 0, lap.toString()));
    }
  }

  @Test
  void run_right_hasATimingWithClocksForEachShape() {
    Trial trial = runner.run(SIMT, POLICY, PROBLEMS, Deadline.NEVER);
    assertEquals(PROBLEMS.size(), trial.timings().size(), trial.message());
    for (Timing timing : trial.timings()) {
      assertEquals(3, timing.nanos().length);
      for (int i = 0; i < 3; i++) {
        assertTrue(
            timing.nanos()[i] > 0 && timing.observed().get("clock_mhz")[i] > 0, timing.toString());
        assertTrue(timing.observed().get("reference_gflops")[i] > 0, timing.toString());
      }
    }
  }

  @Test
  void run_wrongBehindTheFirstTile_isIncorrect() {
    Trial trial =
        spoilt(
            "const int row = row0 + first_row(),",
            "const int row = row0 + first_row() + (row0 > 0),");
    assertEquals(Outcome.INCORRECT, trial.outcome(), trial.message());
    assertTrue(trial.message().contains("should be"), trial.message());
  }

  @Test
  void run_storesARowTooMany_isIncorrect() {
    Trial trial = spoilt("r < m && s < n", "r <= m && s < n");
    assertEquals(Outcome.INCORRECT, trial.outcome(), trial.message());
    assertTrue(trial.message().contains("outside the output"), trial.message());
  }

  @Test
  void run_storesNaN_isIncorrect() {
    Trial trial = spoilt("of[i][j] = 0;", "of[i][j] = 0.0f / 0.0f;");
    assertEquals(Outcome.INCORRECT, trial.outcome(), trial.message());
  }

  @Test
  void run_readsFarOutside_failsAndTheNextTrialRuns() {
    Trial trial =
        spoilt(
            "load_readonly((const float4 *)p);",
            "load_readonly((const float4 *)(p + (1ll << 44)));");
    assertEquals(Outcome.RUN_FAILED, trial.outcome(), trial.message());
    assertNextTrialRuns();
  }

  @Test
  void run_neverEnds_timesOutAndTheNextTrialRuns() {
    Trial trial = spoilt("sums.clear();\n  next_a", "for (;;) __syncthreads();\n  next_a");
    assertEquals(Outcome.RUN_TIMEOUT, trial.outcome(), trial.message());
    assertNextTrialRuns();
  }

  @Test
  void run_doesNotCompile_failsWithTheCompilersWords() {
    Trial trial = spoilt("sums.clear();", "sums.clearance();");
    assertEquals(Outcome.BUILD_FAILED, trial.outcome());
    assertTrue(trial.message().contains("clearance"), trial.message());
  }
}
