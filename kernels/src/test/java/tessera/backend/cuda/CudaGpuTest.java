package tessera.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tessera.compile.BuildResult;
import tessera.compile.Subprocess;
import tessera.compile.Template;
import tessera.hardware.CudaTarget;
import tessera.measure.Outcome;
import tessera.measure.Trial;
import tessera.measure.TrialRunner;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.workload.Workload;

/** The CUDA backend and its templates on the GPU of this machine. */
@Tag("gpu")
final class CudaGpuTest extends CudaTrials {
  private static final List<String> FIRST = List.of("CUDA_VISIBLE_DEVICES=0");
  private static final int KERNELS = 6;

  @TempDir private static Path folder;

  @BeforeAll
  static void start() {
    CudaTarget target = RealGpu.assumed();
    start(CudaCompiler.find(folder), target, FIRST);
  }

  @Test
  void probe_thisGpu_isDescribed() {
    CudaTarget target = backend.target();
    assertTrue(target.capability() >= 70, target.toString());
    assertTrue(target.multiprocessors() > 0 && target.memoryBytes() > 1L << 30, target.toString());
    assertTrue(target.driver().matches("[0-9]+\\.[0-9]+"), target.driver());
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
    long seed = System.nanoTime();
    Workload workload = Gpus.workload(operator, epilogue);
    for (CudaFamily family : CudaFamily.of(backend.target(), workload)) {
      List<String> failed = new ArrayList<>();
      SplittableRandom random = new SplittableRandom(seed);
      SearchSpace space = new SearchSpace(List.of(family));
      try (TrialRunner own = new TrialRunner(backend, workload, seed, Duration.ofSeconds(20))) {
        int right = 0;
        while (right < KERNELS && failed.isEmpty()) {
          MicroKernel kernel = space.sample(random);
          if (backend.build(workload, kernel).status() != BuildResult.Status.OK) {
            continue; // it spills
          }
          Trial trial = own.run(kernel, POLICY, SHAPE);
          if (trial.outcome() != Outcome.OK) {
            failed.add(family.label(kernel) + ": " + trial.outcome() + ", " + trial.message());
          }
          right++;
        }
      }
      assertEquals(List.of(), failed, "seed " + seed);
    }
  }

  @Test
  void library_usedInC_isRight() throws IOException {
    Path work = program();
    assertEquals("right", UsingProgram.run(work, FIRST, "./use").output().strip());
    assertEquals("right", UsingProgram.run(work, FIRST, "./use", "threads").output().strip());
  }

  @ParameterizedTest
  @ValueSource(strings = {"memcheck", "racecheck", "synccheck"})
  void library_usedInC_isClean(String tool) throws IOException {
    Path work = program();
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
    assumeTrue(
        UsingProgram.run(folder, List.of(), "python3", "-c", "import torch").exitCode() == 0,
        "PyTorch is not installed");
    Path work = Files.createTempDirectory(folder, "torch");
    Path bundle = UsingProgram.bundle(backend.target(), compiler, work);
    Path check =
        Files.writeString(
            work.resolve("torch_check.py"), Template.resource(CudaGpuTest.class, "torch_check.py"));
    Subprocess.Result result =
        UsingProgram.run(work, FIRST, "python3", check.toString(), bundle.toString());
    assertTrue(result.output().strip().endsWith("right"), result.output());
  }

  private static Path program() throws IOException {
    return UsingProgram.made(
        backend.target(), compiler, Files.createTempDirectory(folder, "program"));
  }
}
