package tessera.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.aggregator.ArgumentsAccessor;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tessera.compile.BuildResult;
import tessera.measure.Outcome;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.operator.GemmShape;
import tessera.operator.Operator;
import tessera.operator.Problem;
import tessera.worker.DeviceWorker;
import tessera.worker.WorkerReply;
import tessera.worker.WorkerRequest;
import tessera.workload.Preparation;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/**
 * Property: every legal micro-kernel is right on every positive shape, in any number of parts.
 * Fresh seeds every run.
 */
final class CpuFamilyTest {
  private static final long[] AWKWARD = {1, 2, 7, 13, 16, 31, 48, 127, 128, 129, 207};

  private static CpuBackend backend;

  @BeforeAll
  static void detect() {
    Narrowing.assumeNarrower();
    backend = CpuBackend.detect();
  }

  static Stream<Arguments> operators() {
    return Stream.of(
        Arguments.of("dense", "none"),
        Arguments.of("dense", "bias"),
        Arguments.of("dense", "bias+relu"),
        Arguments.of("dense", "bias+gelu"),
        Arguments.of("batch_matmul_nt", "none"),
        Arguments.of("batch_matmul_nn", "none"),
        Arguments.of("batch_matmul_nn", "bias+gelu"));
  }

  @ParameterizedTest
  @MethodSource("operators")
  @Execution(ExecutionMode.CONCURRENT)
  void anyLegalKernel_awkwardShapes_isRight(String operator, String epilogue) {
    legalKernels(operator, epilogue, 6);
  }

  @ParameterizedTest
  @MethodSource("operators")
  @Tag("thorough")
  @Execution(ExecutionMode.CONCURRENT)
  void moreLegalKernels_awkwardShapes_areRight(String operator, String epilogue) {
    legalKernels(operator, epilogue, 14);
  }

  @ParameterizedTest
  @CsvSource({"none", "bias", "bias+gelu"})
  @Execution(ExecutionMode.CONCURRENT)
  void anyLegalKernel_onPreparedWeights_isRight(String epilogue) {
    fixedKernels("dense", epilogue, Preparation.ONLY, 3);
  }

  @ParameterizedTest
  @CsvSource({"none", "bias", "bias+gelu"})
  @Tag("thorough")
  @Execution(ExecutionMode.CONCURRENT)
  void moreLegalKernels_onPreparedWeights_areRight(String epilogue) {
    fixedKernels("dense", epilogue, Preparation.ONLY, 12);
  }

  /** Of columns that are left over, a fixed number. */
  @ParameterizedTest
  @CsvSource({"dense", "batch_matmul_nn", "batch_matmul_nt"})
  @Execution(ExecutionMode.CONCURRENT)
  void anyLegalKernel_ofFixedWidth_isRight(String operator) {
    fixedKernels(operator, "bias", Preparation.NEVER, 4);
  }

  /**
   * The last block has whole vectors, a part of one alone, or both; several matrices of a batch.
   */
  @ParameterizedTest
  @CsvSource({"384", "385", "399", "775", "775, 775", "1169, 1169"})
  @Execution(ExecutionMode.CONCURRENT)
  void dotProducts_inBlocksOfTheReduction_areRight(ArgumentsAccessor lengths) {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    String k = lengths.size() > 1 ? lengths.getString(1) : "K";
    Workload workload =
        new WorkloadSpec(
                "blocks",
                "batch_matmul_nt",
                "float32",
                "bias+gelu",
                lengths.size() > 1 ? List.of("M") : List.of("M", "K"),
                Map.of("b", "3", "m", "M", "n", "45", "k", k))
            .anywhere();
    CpuDot family = new CpuDot(backend.target(), workload);
    MicroKernel kernel = blocked(new SearchSpace(List.of(family)), random);
    List<WorkerRequest.Check> checks = new ArrayList<>();
    for (long m : new long[] {1, 7, pick(random)}) {
      GemmShape shape = new GemmShape(3, m, 45, lengths.getLong(0));
      checks.add(check(workload.operator(), shape, 1 + random.nextInt(5)));
    }
    try (DeviceWorker worker = backend.worker()) {
      assertRight(worker, workload, kernel, checks, seed);
    }
  }

  private static MicroKernel blocked(SearchSpace space, SplittableRandom random) {
    return Stream.generate(() -> space.sample(random))
        .filter(kernel -> kernel.get("blockK") == 384)
        .findFirst()
        .orElseThrow();
  }

  /** Analyses of a bundle look at both, the search for plain weights finds only its own. */
  @Test
  void covers_whereABundleServesBothForms_thoseOfPreparedWeightsToo() {
    Workload workload =
        new WorkloadSpec(
                "test",
                "dense",
                "float32",
                "none",
                List.of("T"),
                Map.of("m", "T", "n", "45", "k", "40"))
            .anywhere();
    SplittableRandom random = new SplittableRandom();
    CpuGemm only = gemm(workload, Preparation.ONLY);
    MicroKernel prepared = new SearchSpace(List.of(only)).sample(random);
    assertTrue(gemm(workload, Preparation.TOO).covers(prepared));
    assertFalse(gemm(workload, Preparation.NEVER).covers(prepared));
    MicroKernel plain = new SearchSpace(List.of(gemm(workload, Preparation.TOO))).sample(random);
    assertTrue(gemm(workload, Preparation.NEVER).covers(plain));
    assertFalse(only.covers(plain));
  }

  private static CpuGemm gemm(Workload workload, Preparation form) {
    return new CpuGemm(backend.target(), workload.preparing(form));
  }

  /** Each for other extents of the weights, which are compiled in. */
  private static void fixedKernels(String operator, String epilogue, Preparation form, int count) {
    long batch = operator.equals("dense") ? 1 : 2;
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    try (DeviceWorker worker = backend.worker()) {
      for (int i = 0; i < count; i++) {
        long n = pick(random);
        long k = i % 3 == 0 ? 702 : pick(random);
        Workload workload =
            new WorkloadSpec(
                    "fixed",
                    operator,
                    "float32",
                    epilogue,
                    List.of("M"),
                    batch == 1
                        ? Map.of("m", "M", "n", "" + n, "k", "" + k)
                        : Map.of("b", "" + batch, "m", "M", "n", "" + n, "k", "" + k))
                .preparing(form)
                .anywhere();
        List<WorkerRequest.Check> checks = new ArrayList<>();
        for (long m : new long[] {1, pick(random), pick(random), 207}) {
          GemmShape shape = new GemmShape(batch, m, n, k);
          checks.add(check(workload.operator(), shape, 1 + random.nextInt(5)));
        }
        SearchSpace space = new SearchSpace(List.of(new CpuGemm(backend.target(), workload)));
        assertRight(worker, workload, space.sample(random), checks, seed);
      }
    }
  }

  private static void legalKernels(String operator, String epilogue, int count) {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, String> extents =
        operator.equals("dense")
            ? Map.of("m", "M", "n", "N", "k", "K")
            : Map.of("b", "3", "m", "M", "n", "N", "k", "K");
    Workload workload =
        new WorkloadSpec("property", operator, "float32", epilogue, List.of("M", "N", "K"), extents)
            .anywhere();
    List<CpuFamily> families = CpuFamily.of(backend.target(), workload);
    List<WorkerRequest.Check> checks =
        checks(workload.operator(), operator.equals("dense") ? 1 : 3, random);
    try (DeviceWorker worker = backend.worker()) {
      for (int i = 0; i < count; i++) {
        SearchSpace space = new SearchSpace(List.of(families.get(i % families.size())));
        assertRight(worker, workload, space.sample(random), checks, seed);
      }
    }
  }

  private static void assertRight(
      DeviceWorker worker,
      Workload workload,
      MicroKernel kernel,
      List<WorkerRequest.Check> checks,
      long seed) {
    BuildResult built = backend.build(workload, kernel);
    assertEquals(BuildResult.Status.OK, built.status(), () -> kernel + ": " + built.message());
    WorkerReply reply =
        worker.call(
            new WorkerRequest(
                workload.epilogue(),
                workload.numerics(),
                List.of(backend.function(workload, kernel, built)),
                checks,
                List.of(),
                TimingPolicy.onCpu(TimingPolicy.TRIAL_ROUNDS, 1),
                seed),
            java.time.Duration.ofSeconds(60));
    assertEquals(
        Outcome.OK, reply.outcome(), () -> "seed " + seed + " " + kernel + ": " + reply.message());
  }

  private static List<WorkerRequest.Check> checks(
      Operator operator, long batch, SplittableRandom random) {
    List<WorkerRequest.Check> checks = new ArrayList<>();
    checks.add(check(operator, new GemmShape(batch, 1, 1, 1), 1));
    checks.add(check(operator, new GemmShape(batch, 1, 207, 702), 3));
    checks.add(check(operator, new GemmShape(batch, 207, 129, 1), 2));
    checks.add(check(operator, new GemmShape(batch, 7, 13, 4098), 1));
    for (int i = 0; i < 4; i++) {
      GemmShape shape = new GemmShape(batch, pick(random), pick(random), pick(random));
      checks.add(check(operator, shape, 1 + random.nextInt(5)));
    }
    return checks;
  }

  private static WorkerRequest.Check check(Operator operator, GemmShape shape, int parts) {
    return new WorkerRequest.Check(Problem.of(operator, shape), parts);
  }

  private static long pick(SplittableRandom random) {
    return AWKWARD[random.nextInt(AWKWARD.length)];
  }
}
