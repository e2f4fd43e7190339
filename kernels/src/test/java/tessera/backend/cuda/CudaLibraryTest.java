package tessera.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.compile.Subprocess;

/** The C library of a CUDA bundle, used by a C program on an emulated driver. */
final class CudaLibraryTest {
  @TempDir private static Path folder;
  private static EmulatedGpu gpu;

  @BeforeAll
  static void start() {
    assumeTrue(EmulatedGpu.isPossible(), "g++ is not installed, so no CUDA driver can be emulated");
    gpu = new EmulatedGpu(folder);
  }

  private static Path program(CudaTarget target, String name) throws IOException {
    return UsingProgram.made(target, gpu, Files.createDirectories(folder.resolve(name)));
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void run_everyKernelOnTwoStreamsAndCaptured_isRight() throws IOException {
    CudaTarget target = CudaProcess.probe(gpu.environment(), "", "emulated").target();
    Path work = program(target, "right");
    assertEquals("right", UsingProgram.run(work, gpu.environment(), "./use").output().strip());
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void run_kernelsOfTensorCores_isRight() throws IOException {
    CudaTarget target = CudaProcess.probe(gpu.environment(), "", "emulated").target();
    Path work =
        UsingProgram.madeForTf32(target, gpu, Files.createDirectories(folder.resolve("tf32")));
    assertEquals("right", UsingProgram.run(work, gpu.environment(), "./use").output().strip());
    List<String> newer = new ArrayList<>(gpu.environment());
    newer.add("EMULATED_NEWER=1");
    Subprocess.Result refused = UsingProgram.run(work, newer, "./use");
    assertEquals(2, refused.exitCode());
    assertTrue(refused.output().contains("made for other hardware"), refused.output());
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void run_emulatedFloat32WithPreparedWeights_isRight() throws IOException {
    CudaTarget target = CudaProcess.probe(gpu.environment(), "", "emulated").target();
    Path work =
        UsingProgram.madeForEmulated(
            target, gpu, Files.createDirectories(folder.resolve("emulated")));
    assertEquals("right", UsingProgram.run(work, gpu.environment(), "./use").output().strip());
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void run_newerGpu_usesPtx() throws IOException {
    CudaTarget target = CudaProcess.probe(gpu.environment(), "", "emulated").target();
    Path work = program(target, "newer");
    List<String> environment = new ArrayList<>(gpu.environment());
    environment.add("EMULATED_NEWER=1");
    assertEquals("right", UsingProgram.run(work, environment, "./use").output().strip());
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void run_driverFails_messageHasItsWords() throws IOException {
    CudaTarget target = CudaProcess.probe(gpu.environment(), "", "emulated").target();
    Path work = program(target, "broken");
    List<String> environment = new ArrayList<>(gpu.environment());
    environment.add("EMULATED_BROKEN=1");
    assertEquals(
        "5 loading a micro-kernel failed with CUDA_ERROR_OUT_OF_MEMORY, an error of the emulated driver",
        UsingProgram.run(work, environment, "./use", "broken").output().strip());
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void open_otherGpu_isRefused() throws IOException {
    Path work = program(Samples.H200, "other");
    Subprocess.Result result = UsingProgram.run(work, gpu.environment(), "./use");
    assertEquals(2, result.exitCode());
    assertTrue(result.output().contains("made for other hardware"), result.output());
  }

  @Test
  @Execution(ExecutionMode.CONCURRENT)
  void open_noDriver_isRefused() throws IOException {
    CudaTarget target = CudaProcess.probe(gpu.environment(), "", "emulated").target();
    Path work = program(target, "none");
    Subprocess.Result result =
        UsingProgram.run(work, List.of("LD_LIBRARY_PATH=/nonexistent"), "./use");
    assertEquals(2, result.exitCode());
    assertTrue(result.output().contains("made for other hardware"), result.output());
  }
}
