package tessera.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.UserError;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.driver.DriverVersion;
import tessera.backend.cuda.family.Paths;
import tessera.backend.cuda.prior.PriorTimes;
import tessera.compile.BuildResult;
import tessera.compile.Builder;
import tessera.microkernel.MeasuredKernel;
import tessera.microkernel.MicroKernel;
import tessera.operator.GemmShape;
import tessera.operator.Numerics;
import tessera.operator.Problem;
import tessera.workload.Instance;
import tessera.workload.Workload;

/**
 * The CUDA backend from its probe of the device to every outcome of a trial, on an emulated driver.
 * What runs here is JCuda, our own processes and the templates; a GPU is not needed and not shown.
 */
final class CudaBackendTest extends CudaTrials {
  @TempDir private static Path folder;
  private static EmulatedGpu gpu;

  @BeforeAll
  static void start() {
    assumeTrue(EmulatedGpu.isPossible(), "g++ is not installed, so no CUDA driver can be emulated");
    gpu = new EmulatedGpu(folder);
    CudaTarget target = CudaProcess.probe(gpu.environment(), "", "emulated").target();
    start(gpu, target, gpu.environment(), folder);
  }

  @Test
  void probe_emulatedDevice_isDescribed() {
    CudaTarget target = backend.target();
    assertEquals("Emulated GPU", target.model());
    assertEquals("sm_90a", target.isa());
    assertEquals(3, target.multiprocessors());
    assertEquals(1000, target.clockMhz());
    assertEquals(DriverVersion.installed().orElse("13.0"), target.driver());
    assertTrue(target.folder().startsWith("cuda-sm_90a-3sm-"), target.folder());
  }

  @Test
  void probe_withoutADriver_saysSo() {
    UserError error =
        assertThrows(
            UserError.class,
            () -> CudaProcess.probe(List.of("LD_LIBRARY_PATH=/nonexistent"), "", "none"));
    assertTrue(
        error.getMessage().contains("no GPU can be used (NVIDIA's driver, libcuda.so.1, cannot"),
        error.getMessage());
  }

  @Test
  void points_ofPriors_areTimedAsTrialsAreAndFailuresAreTold() {
    Workload workload = Samples.workload("dense", "bias");
    MicroKernel right = Samples.skinny(4, 4, 4, 2, 2, 2);
    MicroKernel refused = Samples.skinny(4, 4, 4, 4, 2, 2);
    List<GemmShape> shapes = PROBLEMS.stream().map(Problem::gemm).toList();
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    compiler.spoil(source -> source.contains("#define SPLIT 4\n") ? "no CUDA" : source);
    List<MeasuredKernel> times =
        new PriorTimes(backend, new PrintStream(said, true, StandardCharsets.UTF_8))
            .of(workload, List.of(refused, right), shapes);
    compiler.spoil(source -> source);
    assertEquals(shapes, times.stream().map(MeasuredKernel::shape).toList());
    times.forEach(
        time -> assertTrue(time.seconds() > 0 && time.kernel().equals(right), time.toString()));
    assertTrue(
        said.toString(StandardCharsets.UTF_8).startsWith(refused.key() + ": BUILD_FAILED, "),
        said.toString(StandardCharsets.UTF_8));
  }

  @Test
  void driverVersion_isFoundInWhatTheKernelSays() {
    String text =
        """
        NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build
        GCC version:  gcc version 13.3.0 (Ubuntu 13.3.0-6ubuntu2)
        """;
    assertEquals("580.95.05", DriverVersion.in(text).orElseThrow());
    assertTrue(DriverVersion.in("nothing").isEmpty());
  }

  @Test
  void probes_whereMostInstancesAreUnaligned_areSoToo() {
    CudaBackend h200 = new CudaBackend(gpu, Samples.H200, folder, folder, List.of(), "made-up");
    MicroKernel kernel = Samples.simt(64, 64, 16, 8, 4, 8, 2, "1", 2);
    Workload values =
        Samples.workload("batch_matmul_nn", "none")
            .withInstances(List.of(lengths(8, 0.4), lengths(7, 0.6)));
    for (Problem probe : h200.probes(values, kernel)) {
      assertFalse(Numerics.FLOAT32.keepsAlignment(probe), probe.toString());
    }
    assertEquals(new Paths(false, true), Paths.of(values.numerics(), h200.probes(values, kernel)));
    Workload aligned = values.withInstances(List.of(lengths(8, 0.6), lengths(7, 0.4)));
    assertEquals(
        new Paths(true, false), Paths.of(aligned.numerics(), h200.probes(aligned, kernel)));
  }

  /** The functions that a trial on rows out of alignment is built with. */
  private static Paths builtForTrial(MicroKernel kernel, Numerics numerics) {
    AtomicReference<String> source = new AtomicReference<>("");
    Builder refusing =
        unit -> {
          source.set(unit.files().get(unit.name()));
          return new BuildResult(BuildResult.Status.FAILED, Optional.empty(), "", 1);
        };
    new CudaBackend(refusing, Samples.H200, folder, folder, List.of(), "made-up")
        .buildForTrial(
            Samples.workload("dense", "none", numerics),
            kernel,
            List.of(CudaTrials.problem(64, 31, 33)));
    return new Paths(
        source.get().contains("#define HAS_ALIGNED 1\n"),
        source.get().contains("#define HAS_ANY 1\n"));
  }

  @Test
  void buildForTrial_unalignedRows_hasTheFunctionsThatABundleCalls() {
    assertEquals(
        new Paths(true, true),
        builtForTrial(Samples.wgmma(0, 1, 1, 32, 3, 2), Samples.FLOAT16),
        "maps are of whole lines");
    assertEquals(
        new Paths(false, true), builtForTrial(Samples.skinny(4, 4, 4, 2, 2, 2), Numerics.FLOAT32));
  }

  private static Instance lengths(long length, double weight) {
    return new Instance(List.of(length, length, length), weight);
  }

  @Test
  void probes_areSizedByTheGridAndNotByAnInstance() {
    List<Problem> probes =
        new CudaBackend(gpu, Samples.H200, folder, folder, List.of(), "made-up")
            .probes(Samples.bertDense(), Samples.simt(192, 128, 16, 12, 8, 8, 2, "1", 1));
    // 18 tiles along n: 132 slots hold 7.3 rows of tiles
    assertEquals(
        Stream.of(15, 8, 1).map(rows -> CudaTrials.problem(192L * rows, 2304, 768)).toList(),
        probes);
  }
}
