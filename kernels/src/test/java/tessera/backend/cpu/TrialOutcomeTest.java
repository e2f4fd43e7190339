package tessera.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.backend.Backend;
import tessera.backend.Hardware;
import tessera.backend.LibraryBuilder;
import tessera.backend.Peer;
import tessera.backend.Target;
import tessera.compile.BuildResult;
import tessera.compile.CCompiler;
import tessera.compile.SourceUnit;
import tessera.measure.Deadline;
import tessera.measure.Outcome;
import tessera.measure.Patience;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MicroKernel;
import tessera.operator.Operator;
import tessera.operator.Problem;
import tessera.trial.Lap;
import tessera.trial.Trial;
import tessera.trial.TrialRunner;
import tessera.worker.DeviceWorker;
import tessera.worker.WorkerRequest;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/** Every way in which a candidate can end, each followed by a good candidate on the same runner. */
final class TrialOutcomeTest {
  private static final Workload WORKLOAD =
      new WorkloadSpec(
              "faults",
              "dense",
              "float32",
              "none",
              List.of("M"),
              Map.of("m", "M", "n", "64", "k", "32"))
          .anywhere();
  private static final TimingPolicy POLICY = new TimingPolicy(2, 100_000, 10_000, 0, 1, 1e9);
  private static final String GOOD_BODY =
      """
      for (long i = 0; i < g->m; i++) for (long j = 0; j < g->n; j++) {
        if (i * g->n + j < g->m * g->n * first / parts || i * g->n + j >= g->m * g->n * last / parts) continue;
        float sum = 0;
        for (long t = 0; t < g->k; t++) sum += g->a[i * g->k + t] * g->b[j * g->k + t];
        g->c[i * g->n + j] = sum;
      }
      """;

  private static CpuBackend cpu;
  private static MicroKernel kernel;

  @TempDir private java.nio.file.Path folder;

  @BeforeAll
  static void detect() {
    Narrowing.assumeNarrower();
    cpu = CpuBackend.detect();
    kernel = cpu.hardware().space(WORKLOAD).sample(new SplittableRandom(1));
  }

  /** The CPU backend with another source for every candidate. */
  private record Rigged(
      CpuBackend cpu, CCompiler compiler, Function<MicroKernel, SourceUnit> source)
      implements Backend {
    Rigged(CpuBackend cpu, CCompiler compiler, SourceUnit unit) {
      this(cpu, compiler, kernel -> unit);
    }

    @Override
    public Hardware hardware() {
      return cpu.hardware();
    }

    @Override
    public Backend as(Target target, Duration build) {
      throw new UnsupportedOperationException("it is rigged for one target");
    }

    @Override
    public long memoryBytes() {
      return cpu.memoryBytes();
    }

    @Override
    public LibraryBuilder library() {
      return cpu.library();
    }

    @Override
    public BuildResult build(Workload workload, MicroKernel kernel) {
      return compiler.build(source.apply(kernel));
    }

    @Override
    public WorkerRequest.Function function(
        Workload workload, MicroKernel kernel, BuildResult built) {
      return cpu.function(workload, kernel, built);
    }

    @Override
    public List<WorkerRequest.Check> checks(Workload workload) {
      return List.of(new WorkerRequest.Check(problem(65, 64, 32), 2));
    }

    @Override
    public List<Problem> probes(Workload workload, MicroKernel kernel) {
      return cpu.probes(workload, kernel);
    }

    @Override
    public DeviceWorker worker() {
      return cpu.worker();
    }

    @Override
    public List<Vendor> vendors(Workload workload, List<Peer> peers) {
      return List.of();
    }

    @Override
    public String deviceName() {
      return cpu.deviceName();
    }
  }

  private SourceUnit unit(String body) {
    String source =
        "#include \"gemm.h\"\n#include <stdlib.h>\nstatic void run(const tessera_gemm *g, int first, int last, int parts, float *scratch) {\n"
            + body
            + "}\nconst tessera_gemm_kernel "
            + CpuFamily.SYMBOL
            + " = {\"test\", run, 64, 1, 0, 1, 0};\n";
    String header = tessera.compile.Template.resource(CpuGemm.class, "gemm.h");
    return new SourceUnit(
        "test.c", Map.of("test.c", source, "gemm.h", header), cpu.target().compilerFlags());
  }

  private Trial trial(SourceUnit unit, Duration buildDeadline) {
    CCompiler compiler = CCompiler.find(folder).withDeadline(buildDeadline);
    try (TrialRunner runner =
        new TrialRunner(
            List.of(new Rigged(cpu, compiler, unit)),
            WORKLOAD,
            1,
            Patience.USUAL.withTrial(Duration.ofSeconds(3)))) {
      return runner.run(kernel, POLICY, List.of(), Deadline.NEVER);
    }
  }

  private Trial trial(String body) {
    return trial(unit(body), Duration.ofSeconds(20));
  }

  private static void assertOutcome(Outcome expected, String part, Trial trial) {
    assertEquals(expected, trial.outcome(), trial.message());
    assertTrue(trial.message().contains(part), trial.message());
    assertTrue(trial.timings().isEmpty(), "nothing is timed before it is right");
  }

  @Test
  void run_right_isOkWithATimingForEveryProbe() {
    Trial trial = trial(GOOD_BODY);
    assertEquals(Outcome.OK, trial.outcome(), trial.message());
    assertEquals(cpu.probes(WORKLOAD, kernel).size(), trial.timings().size());
    assertTrue(trial.timings().stream().allMatch(t -> t.seconds(cpu.target().peakGflops()) > 0));
  }

  @Test
  void run_compileError_isBuildFailedWithTheCompilersWords() {
    assertOutcome(Outcome.BUILD_FAILED, "error", trial("this is no C;"));
  }

  @Test
  void run_compileBomb_isStoppedAtItsDeadline() {
    String bomb =
        "#define A(x) x x x x x x x x x x\n#define B(x) A(A(A(A(x))))\n volatile double v = 1; B(A(A(A(v = v * v + 1;))))\n";
    long start = System.nanoTime();
    Trial trial = trial(unit(bomb), Duration.ofMillis(700));
    assertOutcome(Outcome.BUILD_TIMEOUT, "stopped after 700 ms", trial);
    assertTrue(System.nanoTime() - start < 10_000_000_000L, "the deadline was kept");
  }

  @Test
  void run_segmentationFault_isRunFailed() {
    assertOutcome(Outcome.RUN_FAILED, "SIGSEGV", trial("*(volatile int *)8 = 1;"));
  }

  @Test
  void run_abort_isRunFailed() {
    assertOutcome(Outcome.RUN_FAILED, "died", trial("abort();"));
  }

  @Test
  void run_exit_isRunFailed() {
    assertOutcome(Outcome.RUN_FAILED, "exit code 7", trial("_Exit(7);"));
  }

  @Test
  void run_endlessLoop_isRunTimeout() {
    assertOutcome(
        Outcome.RUN_TIMEOUT, "no answer within 3 s", trial("for (volatile int i = 0;; i++) {}"));
  }

  @Test
  void run_outOfMemoryWhileItIsTimed_isRunFailed() {
    String greedy = "if (g->m != 65) " + CpuFamily.SYMBOL + ".scratch_bytes = (size_t)1 << 60;\n";
    SourceUnit sound = unit(GOOD_BODY + greedy);
    Map<String, String> files = new TreeMap<>(sound.files());
    files.computeIfPresent(
        sound.name(),
        (name, text) ->
            text.replace("const tessera_gemm_kernel", "tessera_gemm_kernel")
                .replace(
                    "static void", "tessera_gemm_kernel " + CpuFamily.SYMBOL + ";\nstatic void"));
    assertOutcome(
        Outcome.RUN_FAILED,
        "out of memory while timing",
        trial(new SourceUnit(sound.name(), files, sound.flags()), Duration.ofSeconds(20)));
  }

  @Test
  void run_oneWrongElementInTheLastTile_isIncorrectAndNamed() {
    Trial trial = trial(GOOD_BODY + "if (last == parts) g->c[g->m * g->n - 1] += 0.01f;");
    assertOutcome(Outcome.INCORRECT, "element [0, 64, 63]", trial);
    assertTrue(trial.verifyNanos() > 0, "what was spent to find out is kept");
  }

  @Test
  void run_elementNeverWritten_isIncorrect() {
    assertOutcome(
        Outcome.INCORRECT, "nan", trial(GOOD_BODY.replace("g->c[", "if (i * 64 + j != 77) g->c[")));
  }

  @Test
  void run_writePastTheEnd_isRunFailed() {
    assertOutcome(
        Outcome.RUN_FAILED,
        "SIGSEGV",
        trial(GOOD_BODY + "((volatile float *)g->c)[g->m * g->n] = 0;"));
  }

  @Test
  void run_afterACrash_theSameRunnerGoesOn() {
    CCompiler compiler = CCompiler.find(folder);
    String crashOnMarker =
        String.format(
            Locale.ROOT,
            "if (g->n == 64 && access(\"%s\", F_OK) == 0) *(volatile int *)8 = 1;\n",
            folder.resolve("crash"));
    SourceUnit unit =
        unit(
            "extern int access(const char *, int);\nenum { F_OK = 0 };\n"
                + crashOnMarker
                + GOOD_BODY);
    try (TrialRunner runner =
        new TrialRunner(
            List.of(new Rigged(cpu, compiler, unit)),
            WORKLOAD,
            1,
            Patience.USUAL.withTrial(Duration.ofSeconds(3)))) {
      assertTrue(folder.resolve("crash").toFile().mkdir());
      assertEquals(
          Outcome.RUN_FAILED, runner.run(kernel, POLICY, List.of(), Deadline.NEVER).outcome());
      assertTrue(folder.resolve("crash").toFile().delete());
      assertEquals(Outcome.OK, runner.run(kernel, POLICY, List.of(), Deadline.NEVER).outcome());
    }
  }

  @Test
  void run_spreadOverThePolicysLimit_isNoisy() {
    CCompiler compiler = CCompiler.find(folder);
    TimingPolicy strict = new TimingPolicy(5, 100_000, 10_000, 0, 1, 0);
    try (TrialRunner runner =
        new TrialRunner(
            List.of(new Rigged(cpu, compiler, unit(GOOD_BODY))),
            WORKLOAD,
            1,
            Patience.USUAL.withTrial(Duration.ofSeconds(3)))) {
      Trial trial = runner.run(kernel, strict, List.of(), Deadline.NEVER);
      assertEquals(Outcome.NOISY, trial.outcome());
      assertTrue(!trial.timings().isEmpty(), "what was measured is kept");
    }
  }

  private static List<MicroKernel> kernels(int count) {
    SplittableRandom random = new SplittableRandom(2);
    return Stream.generate(() -> cpu.hardware().space(WORKLOAD).sample(random))
        .distinct()
        .limit(count)
        .toList();
  }

  /** Four beside each other, of which the third has another body. */
  private List<Lap> compare(String third, Deadline until) {
    List<MicroKernel> kernels = kernels(4);
    Function<MicroKernel, SourceUnit> source =
        kernel ->
            unit("/* " + kernel + " */" + (kernel.equals(kernels.get(2)) ? third : GOOD_BODY));
    try (TrialRunner runner =
        new TrialRunner(
            List.of(new Rigged(cpu, CCompiler.find(folder), source)),
            WORKLOAD,
            1,
            Patience.USUAL.withTrial(Duration.ofSeconds(3)))) {
      return runner.compare(
          kernels, List.of(), problem(40, 64, 32), POLICY, Optional.empty(), until);
    }
  }

  private static Problem problem(long m, long n, long k) {
    return new Problem(Operator.DENSE, Map.of("m", m, "n", n, "k", k));
  }

  private void assertOthersAreTimed(Outcome third, String part, String body) {
    List<Lap> laps = compare(body, Deadline.NEVER);
    assertEquals(
        List.of(Outcome.OK, Outcome.OK, third, Outcome.OK),
        laps.stream().map(Lap::outcome).toList(),
        laps.toString());
    assertTrue(laps.get(2).message().contains(part), laps.toString());
    assertTrue(laps.get(2).hasFailed() && Double.isNaN(laps.get(2).seconds()));
    assertTrue(laps.get(0).seconds() > 0 && laps.get(1).seconds() > 0 && laps.get(3).seconds() > 0);
  }

  @Test
  void race_oneThatHangs_isLeftOutAndTheOthersAreTimed() {
    assertOthersAreTimed(
        Outcome.RUN_TIMEOUT, "no progress within 3 s", "for (volatile int i = 0;; i++) {}");
  }

  @Test
  void race_oneThatFailedBefore_isNotRunAgain() {
    java.nio.file.Path marker = folder.resolve("runs");
    SourceUnit crashing =
        unit("(void)!system(\"printf x >> '" + marker + "'\"); *(volatile int *)8 = 1;");
    List<MicroKernel> kernels = kernels(2);
    try (TrialRunner runner =
        new TrialRunner(
            List.of(
                new Rigged(
                    cpu,
                    CCompiler.find(folder),
                    kernel -> kernel.equals(kernels.get(0)) ? crashing : unit(GOOD_BODY))),
            WORKLOAD,
            1,
            Patience.USUAL)) {
      for (int i = 0; i < 2; i++) {
        List<Lap> laps =
            runner.compare(
                kernels, List.of(), problem(8, 64, 32), POLICY, Optional.empty(), Deadline.NEVER);
        assertEquals(Outcome.RUN_FAILED, laps.get(0).outcome());
        assertEquals(Outcome.OK, laps.get(1).outcome());
      }
    }
    assertEquals(2, marker.toFile().length(), "two processes died of it in the first call");
  }

  @Test
  void race_oneThatCrashesWhileItIsTimed_isLeftOutAndTheOthersAreTimed() {
    assertOthersAreTimed(
        Outcome.RUN_FAILED, "SIGSEGV", GOOD_BODY + "if (g->m == 40) *(volatile int *)8 = 1;");
  }

  @Test
  void race_oneThatIsWrong_isLeftOutAndTheOthersAreTimed() {
    assertOthersAreTimed(Outcome.INCORRECT, "element", GOOD_BODY + "g->c[0] += 1;");
  }

  @Test
  void race_oneThatDoesNotCompile_isLeftOutAndTheOthersAreTimed() {
    assertOthersAreTimed(Outcome.BUILD_FAILED, "error", "this is no C;");
  }

  @Test
  void race_afterTheTimeIsUp_runsNothing() {
    List<Lap> laps = compare(GOOD_BODY, Deadline.in(-1));
    assertTrue(laps.stream().allMatch(lap -> lap.outcome() == Outcome.NOT_RUN && !lap.hasFailed()));
  }
}
