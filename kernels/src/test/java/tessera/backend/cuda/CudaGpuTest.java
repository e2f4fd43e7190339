package tessera.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import jcuda.Pointer;
import jcuda.driver.CUcontext;
import jcuda.driver.CUdevice;
import jcuda.driver.CUdeviceptr;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tessera.backend.cuda.compile.CudaCompiler;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.family.CudaEmulated;
import tessera.backend.cuda.family.CudaFamily;
import tessera.compile.BuildResult;
import tessera.compile.Subprocess;
import tessera.compile.Template;
import tessera.measure.Deadline;
import tessera.measure.Outcome;
import tessera.measure.Patience;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.operator.Numerics;
import tessera.runtime.TunedOperator;
import tessera.trial.Trial;
import tessera.trial.TrialRunner;
import tessera.workload.Workload;

/** The CUDA backend and its templates on the GPU of this machine. */
@Tag("gpu")
@EnabledIf(
    value = "tessera.backend.cuda.RealGpu#isThere",
    disabledReason = "this machine has no GPU that can be used; see whether nvidia-smi lists one")
final class CudaGpuTest extends CudaTrials {
  private static final List<String> FIRST = Gpus.environment(Gpus.addresses().get(0));
  private static final int KERNELS = 6;
  private static final int TENSOR_KERNELS = 1;
  private static final int EMULATED_KERNELS = 2;

  @TempDir private static Path folder;

  @BeforeAll
  static void start() {
    start(CudaCompiler.find(folder), RealGpu.target(), FIRST, folder);
  }

  @Test
  void probe_thisGpu_isDescribed() {
    CudaTarget target = backend.target();
    assertTrue(target.capability() >= 70, target.toString());
    assertTrue(target.multiprocessors() > 0 && target.memoryBytes() > 1L << 30, target.toString());
    assertTrue(target.driver().matches("[0-9]+(\\.[0-9]+)+"), target.driver());
  }

  @ParameterizedTest
  @CsvSource({
    "dense, none",
    "dense, bias+gelu",
    "batch_matmul_nt, bias+relu",
    "batch_matmul_nn, none",
    "batch_matmul_nn, bias"
  })
  void anyLegalKernel_awkwardShapes_isRight(String operator, String epilogue) {
    Workload workload = Samples.workload(operator, epilogue);
    assertRight(drawn(workload, CudaFamily.of(backend.target(), workload), KERNELS));
  }

  @Test
  void slicedPoints_awkwardShapes_areRight() {
    Workload workload = Samples.workload("batch_matmul_nn", "bias");
    try (TrialRunner own =
        new TrialRunner(
            List.of(backend),
            workload,
            System.nanoTime(),
            Patience.USUAL.withTrial(Duration.ofSeconds(10)))) {
      List<MicroKernel> points =
          List.of(
              Samples.sliced(2, Samples.simt(64, 128, 32, 8, 8, 4, 2, "streamK", 1)),
              Samples.sliced(4, Samples.simt(32, 64, 32, 8, 8, 8, 2, "1", 2)),
              Samples.sliced(2, Samples.simt(48, 64, 8, 12, 4, 16, 4, "1", 1)),
              Samples.sliced(4, Samples.simt(48, 32, 16, 12, 4, 8, 5, "streamK", 2)),
              Samples.rows(56, 64, 32, 7, 8, 8, 2, 2, 3),
              Samples.rows(32, 64, 32, 8, 8, 8, 4, 3, 2));
      List<MicroKernel> legal =
          points.stream()
              .filter(point -> CudaFamily.of(backend.target(), workload, point).isLegal(point))
              .toList();
      assertFalse(legal.isEmpty(), "this GPU takes none of them");
      for (MicroKernel kernel : legal) {
        Trial trial = own.run(kernel, POLICY, PROBLEMS, Deadline.NEVER);
        assertEquals(Outcome.OK, trial.outcome(), kernel + ": " + trial.message());
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "dense, none",
    "dense, bias+gelu",
    "batch_matmul_nt, bias+relu",
    "batch_matmul_nn, none",
    "batch_matmul_nn, bias"
  })
  void anyLegalTensorCoreKernel_awkwardShapes_isRight(String operator, String epilogue) {
    needTensorCores();
    assertRight(
        Samples.tensorNumerics().stream()
            .map(numerics -> Samples.workload(operator, epilogue, numerics))
            .flatMap(
                workload ->
                    drawn(workload, CudaFamily.of(backend.target(), workload), TENSOR_KERNELS)
                        .stream())
            .toList());
  }

  @Test
  void goodPointsOfTensorCores_awkwardShapes_areRight() {
    needTensorCores();
    for (Numerics numerics : Samples.tensorNumerics()) {
      int step = 64 / numerics.input().bytes();
      Workload workload = Samples.workload("batch_matmul_nt", "bias", numerics);
      List<CudaFamily> families = CudaFamily.of(backend.target(), workload);
      List<MicroKernel> points =
          Stream.of(
                  Samples.mma(128, 128, step, 2, 4, 4, "streamK", 1),
                  Samples.mma(16, 64, 2 * step, 1, 2, 4, "1", 2),
                  Samples.wgmma(0, 2, 1, 192, 3, 1),
                  Samples.wgmma(1, 1, 1, 32, 12, 4),
                  Samples.wgmma(1, 1, 2, 88, 4, 1),
                  Samples.wgmma(0, 1, 1, 8, 8, 1),
                  Samples.pingpong(0, 2, 2, 80, 6),
                  Samples.pingpong(1, 3, 1, 64, 5),
                  Samples.persistent(0, 2, 1, 200, 4),
                  Samples.persistent(1, 2, 2, 104, 4),
                  Samples.persistent(1, 2, 2, 160, 3),
                  Samples.pingpong(1, 2, 2, 160, 4),
                  Samples.wgmma(0, 2, 2, 160, 3, 1),
                  Samples.wgmma(1, 2, 2, 192, 3, 1),
                  Samples.multicast(4, Samples.wgmma(0, 2, 1, 128, 6, 1)),
                  Samples.multicast(8, Samples.wgmma(1, 1, 1, 112, 8, 1)))
              .filter(
                  kernel ->
                      families.stream()
                          .anyMatch(f -> f.name().equals(kernel.family()) && f.isLegal(kernel)))
              .toList();
      // by all cores; what is built is kept
      points.parallelStream().forEach(kernel -> backend.buildForTrial(workload, kernel, PROBLEMS));
      try (TrialRunner own =
          new TrialRunner(
              List.of(backend),
              workload,
              System.nanoTime(),
              Patience.USUAL.withTrial(Duration.ofSeconds(10)))) {
        for (MicroKernel kernel : points) {
          Trial trial = own.run(kernel, POLICY, PROBLEMS, Deadline.NEVER);
          assertEquals(Outcome.OK, trial.outcome(), kernel + ": " + trial.message());
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"dense, bias+gelu", "batch_matmul_nt, none", "batch_matmul_nn, bias"})
  void anyLegalEmulatedKernel_awkwardShapes_isRight(String operator, String epilogue) {
    needWarpgroups();
    Workload workload = Samples.workload(operator, epilogue, Samples.EMULATED);
    assertRight(
        drawn(workload, List.of(new CudaEmulated(backend.target(), workload)), EMULATED_KERNELS));
  }

  private static void needWarpgroups() {
    assumeTrue(backend.target().hasWarpgroupMultiply(), "this GPU has no warpgroups");
  }

  private static void needTensorCores() {
    assumeTrue(
        backend.target().hasMatrixMultiply(), "this GPU has no tensor cores for bfloat16 and tf32");
  }

  /** A draw of kernels of one family. */
  private record Draw(Workload workload, CudaFamily family, int kernels, long seed) {
    /** Those of the draw that do not spill. */
    List<MicroKernel> built() {
      SearchSpace space = new SearchSpace(List.of(family));
      SplittableRandom random = new SplittableRandom(seed);
      return Stream.generate(() -> space.sample(random))
          .filter(
              kernel ->
                  backend.buildForTrial(workload, kernel, PROBLEMS).status()
                      == BuildResult.Status.OK)
          .limit(kernels)
          .toList();
    }
  }

  private static List<Draw> drawn(Workload workload, List<CudaFamily> families, int kernels) {
    return families.stream()
        .map(family -> new Draw(workload, family, kernels, System.nanoTime()))
        .toList();
  }

  /** Builds by all cores, and runs one after the other. */
  private static void assertRight(List<Draw> draws) {
    List<List<MicroKernel>> kernels = draws.parallelStream().map(Draw::built).toList();
    for (int i = 0; i < draws.size(); i++) {
      Draw draw = draws.get(i);
      try (TrialRunner own =
          new TrialRunner(
              List.of(backend),
              draw.workload(),
              draw.seed(),
              Patience.USUAL.withTrial(Duration.ofSeconds(20)))) {
        for (MicroKernel kernel : kernels.get(i)) {
          Trial trial = own.run(kernel, POLICY, PROBLEMS, Deadline.NEVER);
          assertEquals(
              Outcome.OK,
              trial.outcome(),
              () ->
                  draw.family().label(kernel)
                      + ", "
                      + draw.workload().numerics()
                      + ", seed "
                      + draw.seed()
                      + ": "
                      + trial.message());
        }
      }
    }
  }

  @Test
  void library_usedInC_isRight() throws IOException {
    Path work = program();
    assertEquals("right", UsingProgram.run(work, FIRST, "./use").output().strip());
    assertEquals("right", UsingProgram.run(work, FIRST, "./use", "threads").output().strip());
  }

  @Test
  void libraryOfTensorCores_usedInC_isRight() throws IOException {
    needTensorCores();
    Path work =
        UsingProgram.madeForTf32(
            backend.target(), compiler, Files.createTempDirectory(folder, "tf32"));
    assertEquals("right", UsingProgram.run(work, FIRST, "./use").output().strip());
    assertEquals("right", UsingProgram.run(work, FIRST, "./use", "threads").output().strip());
  }

  @Test
  void library_ofAnOlderGpu_runsItsPtx() throws IOException {
    CudaTarget here = backend.target();
    assumeTrue(here.capability() > 80, "this GPU is not newer than capability 8.0");
    Path work = Files.createTempDirectory(folder, "older");
    UsingProgram.made(Samples.older(here, 80), compiler, work);
    assertEquals("right", UsingProgram.run(work, FIRST, "./use").output().strip());
  }

  @Test
  void libraryOfEmulated_usedInC_isRight() throws IOException {
    needWarpgroups();
    Path work = emulatedProgram();
    assertEquals("right", UsingProgram.run(work, FIRST, "./use").output().strip());
    assertEquals("right", UsingProgram.run(work, FIRST, "./use", "threads").output().strip());
  }

  private static Path emulatedProgram() throws IOException {
    return UsingProgram.madeForEmulated(
        backend.target(), compiler, Files.createTempDirectory(folder, "emulated"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"memcheck", "racecheck", "synccheck"})
  void library_usedInC_isClean(String tool) throws IOException {
    assertClean(tool, program());
  }

  @Test
  void libraryOfEmulated_usedInC_isClean() throws IOException {
    needWarpgroups();
    assertClean("memcheck", emulatedProgram());
  }

  private static void assertClean(String tool, Path work) throws IOException {
    List<String> sanitizer =
        Stream.of("compute-sanitizer", "/usr/local/cuda/bin/compute-sanitizer")
            .filter(RealGpu::canRun)
            .limit(1)
            .toList();
    assumeTrue(!sanitizer.isEmpty(), "compute-sanitizer is not installed");
    Subprocess.Result result =
        UsingProgram.run(work, FIRST, sanitizer.get(0), "--tool", tool, "./use");
    assertTrue(
        result.output().contains("0 errors") || result.output().contains("0 hazards"),
        result.output());
    assertEquals(0, result.exitCode(), result.output());
  }

  @Test
  void bundle_usedInTorch_isRight() throws IOException {
    Path work = Files.createTempDirectory(folder, "torch");
    assertRightInTorch(work, UsingProgram.bundle(backend.target(), compiler, work));
  }

  @Test
  void bundlesOfTensorCores_usedInTorch_areRight() throws IOException {
    needTensorCores();
    for (Numerics numerics : Samples.tensorNumerics().subList(1, 3)) {
      Path work = Files.createTempDirectory(folder, "torch");
      assertRightInTorch(work, UsingProgram.bundle(backend.target(), compiler, work, numerics));
    }
  }

  @Test
  void bundleOfEmulated_usedInTorch_isAsExactAsCublas() throws IOException {
    needWarpgroups();
    for (int k : new int[] {768, 3070}) {
      Path work = Files.createTempDirectory(folder, "emulated");
      Path bundle = UsingProgram.bundleOfEmulated(backend.target(), compiler, work, 770, k);
      assertRightInTorch("emulated_check.py", work, bundle);
    }
  }

  private static void assertRightInTorch(Path work, Path bundle) throws IOException {
    assertRightInTorch("torch_check.py", work, bundle);
  }

  private static void assertRightInTorch(String script, Path work, Path bundle) throws IOException {
    assumeTrue(
        UsingProgram.run(folder, List.of(), "python3", "-c", "import torch").exitCode() == 0,
        "PyTorch is not installed");
    Path check =
        Files.writeString(work.resolve(script), Template.resource(CudaGpuTest.class, script));
    Subprocess.Result result =
        UsingProgram.run(work, FIRST, "python3", check.toString(), bundle.toString());
    assertTrue(result.output().strip().endsWith("right"), result.output());
  }

  @Test
  void bundle_usedInJava_isRight() throws IOException {
    Path work = Files.createTempDirectory(folder, "java");
    Path bundle = UsingProgram.bundle(backend.target(), compiler, work);
    int m = 37;
    int n = 64;
    int k = 36;
    SplittableRandom random = new SplittableRandom();
    float[] x = normal(m * k, random);
    float[] w = normal(n * k, random);
    float[] bias = normal(n, random);
    float[] y = new float[m * n];
    JCudaDriver.setExceptionsEnabled(true);
    JCudaDriver.cuInit(0);
    CUdevice device = new CUdevice();
    JCudaDriver.cuDeviceGet(device, 0);
    CUcontext context = new CUcontext();
    JCudaDriver.cuDevicePrimaryCtxRetain(context, device);
    JCudaDriver.cuCtxSetCurrent(context);
    CUstream stream = new CUstream();
    JCudaDriver.cuStreamCreate(stream, 1);
    CUdeviceptr output = onDevice(new float[m * n + 1]);
    try (TunedOperator operator = TunedOperator.open(bundle)) {
      operator.run(
          new long[] {m, n},
          stream,
          output.withByteOffset(4),
          onDevice(x),
          onDevice(w),
          onDevice(bias));
    }
    JCudaDriver.cuStreamSynchronize(stream);
    JCudaDriver.cuMemcpyDtoH(Pointer.to(y), output.withByteOffset(4), 4L * y.length);
    JCudaDriver.setExceptionsEnabled(false);
    for (int i = 0; i < m * n; i++) {
      double sum = bias[i % n];
      for (int t = 0; t < k; t++) {
        sum += (double) x[i / n * k + t] * w[i % n * k + t];
      }
      assertEquals(sum, y[i], 1e-4, "element " + i);
    }
  }

  private static float[] normal(int count, SplittableRandom random) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  private static CUdeviceptr onDevice(float[] values) {
    CUdeviceptr memory = new CUdeviceptr();
    JCudaDriver.cuMemAlloc(memory, 4L * values.length);
    JCudaDriver.cuMemcpyHtoD(memory, Pointer.to(values), 4L * values.length);
    return memory;
  }

  private static Path program() throws IOException {
    return UsingProgram.made(
        backend.target(), compiler, Files.createTempDirectory(folder, "program"));
  }
}
