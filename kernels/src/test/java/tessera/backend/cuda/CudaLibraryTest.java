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
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.backend.cpu.CpuCompiler;
import tessera.compile.Subprocess;
import tessera.compile.Template;
import tessera.dispatch.DecisionTree;
import tessera.hardware.CudaTarget;
import tessera.microkernel.MicroKernel;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/** The C library of a CUDA bundle, used by a C program on an emulated driver. */
final class CudaLibraryTest {
  /** At most 4 rows: the third kernel; at most 40: the first; else the second. */
  private static final DecisionTree DISPATCH =
      new DecisionTree(
          new int[] {0, -1, 0, -1, -1},
          new long[] {4, 0, 40, 0, 0},
          new int[] {1, 0, 3, 0, 0},
          new int[] {2, 0, 4, 0, 0},
          new int[] {0, 2, 0, 0, 1});

  private static final List<MicroKernel> KERNELS =
      List.of(
          Gpus.simt(32, 64, 16, 4, 8, 8, "even", 1),
          Gpus.simt(32, 32, 8, 4, 4, 8, "2", 2),
          Gpus.skinny(4, 4, 4, 2, 2, 2));

  @TempDir private static Path folder;
  private static EmulatedGpu gpu;

  @BeforeAll
  static void start() {
    assumeTrue(EmulatedGpu.isPossible(), "g++ is not installed, so no CUDA driver can be emulated");
    gpu = new EmulatedGpu(folder);
  }

  private static Path program(CudaTarget target, String name) throws IOException {
    Workload workload =
        new WorkloadSpec(
                "library-test",
                "dense",
                "float32",
                "bias",
                List.of("M", "N"),
                Map.of("m", "M", "n", "N", "k", "36"))
            .anywhere();
    CpuCompiler compiler = CpuCompiler.find(folder.resolve("builds"));
    Map<String, byte[]> files =
        new CudaLibrary(target, gpu, compiler).build(workload, KERNELS, DISPATCH, "test");
    assertTrue(files.keySet().stream().anyMatch(file -> file.endsWith(".cubin")));
    Path work = Files.createDirectories(folder.resolve(name));
    Files.write(work.resolve("libtessera.so"), files.get("libtessera.so"));
    Files.write(work.resolve("tessera.h"), files.get("tessera.h"));
    Files.writeString(work.resolve("use.c"), Template.resource(CudaLibraryTest.class, "use.c"));
    Subprocess.Result compiled =
        Subprocess.run(
            List.of(
                "gcc",
                "-O1",
                "-o",
                "use",
                "use.c",
                "-L.",
                "-l:libtessera.so",
                "-Wl,-rpath,.",
                "-lm"),
            work,
            Duration.ofSeconds(60));
    assertEquals(0, compiled.exitCode(), compiled.output());
    return work;
  }

  private static Subprocess.Result use(Path work, List<String> environment) throws IOException {
    List<String> command = new ArrayList<>(List.of("env"));
    command.addAll(environment);
    command.add("./use");
    return Subprocess.run(command, work, Duration.ofSeconds(120));
  }

  @Test
  void run_everyKernelOnManyShapesAndTwoStreams_isRight() throws IOException {
    CudaTarget target = CudaBackend.probe(gpu.environment(), "", "emulated");
    Path work = program(target, "right");
    assertEquals("right", use(work, gpu.environment()).output().strip());
  }

  @Test
  void open_otherGpu_isRefused() throws IOException {
    Path work = program(Gpus.H200, "other");
    Subprocess.Result result = use(work, gpu.environment());
    assertEquals(2, result.exitCode());
    assertTrue(result.output().contains("made for other hardware"), result.output());
  }

  @Test
  void open_noDriver_isRefused() throws IOException {
    CudaTarget target = CudaBackend.probe(gpu.environment(), "", "emulated");
    Path work = program(target, "none");
    Subprocess.Result result = use(work, List.of("LD_LIBRARY_PATH=/nonexistent"));
    assertEquals(2, result.exitCode());
    assertTrue(result.output().contains("made for other hardware"), result.output());
  }
}
