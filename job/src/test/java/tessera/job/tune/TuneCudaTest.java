package tessera.job.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tessera.compile.Subprocess;
import tessera.job.cluster.SparkProcess;
import tessera.job.cluster.StandaloneCluster;
import tessera.job.cluster.WorkerSpec;

/**
 * The whole job with {@code target: cuda} on an emulated driver, with a stand-in for nvcc that
 * makes modules for it. It shows that the parts fit together, and nothing of speed.
 */
final class TuneCudaTest {
  private static final Path SOURCES =
      Path.of("../kernels/src/test/resources/tessera/backend/cuda").toAbsolutePath().normalize();

  private static final String WORKLOAD =
      """
      operator: dense
      target: cuda
      %s
      epilogue: bias+relu
      extents: {m: T, n: 32, k: 16}
      variables:
        T: {from: 1, to: 24}
      samples: 4
      budget: {trials: 8, seconds: 300}
      """;

  private static final String COMPILER =
      """
      #!/bin/sh
      if [ "$1" = --version ]; then
        echo "an emulated compiler, release 0.0, V0"
        exit 0
      fi
      while [ $# -gt 0 ]; do
        case "$1" in
          -o) output=$2; shift ;;
          *.cu) source=$1 ;;
        esac
        shift
      done
      [ "$source" = candidate.cu ] || cp "$source" candidate.cu
      echo "ptxas info: Used 32 registers, 0 bytes spill stores"
      exec g++ -O1 -std=c++17 -w -fPIC -shared -I. -I"%1$s" -o "$output" "%1$s/${source%%.cu}.cpp" -ldl
      """;

  @TempDir private Path folder;

  @BeforeEach
  void emulate() throws IOException {
    assumeTrue(runs("g++", "--version"), "g++ is not installed, so no CUDA driver can be emulated");
    assumeTrue(
        !runs("nvidia-smi"), "this machine has a GPU, whose own compiler and driver would be used");
    Path nvcc =
        Files.writeString(folder.resolve("nvcc"), String.format(Locale.ROOT, COMPILER, SOURCES));
    assertTrue(nvcc.toFile().setExecutable(true));
    Subprocess.Result driver =
        Subprocess.run(
            List.of(
                "g++",
                "-O1",
                "-std=c++17",
                "-w",
                "-fPIC",
                "-shared",
                "-o",
                folder.resolve("libcuda.so.1").toString(),
                SOURCES.resolve("driver.cpp").toString(),
                "-ldl"),
            folder,
            Duration.ofSeconds(60));
    assertEquals(0, driver.exitCode(), driver.output());
  }

  private static boolean runs(String... command) {
    try {
      return Subprocess.run(List.of(command), Path.of("."), Duration.ofSeconds(10)).exitCode() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private Subprocess.Result tessera(String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "env",
                "PATH=" + folder + ":" + System.getenv("PATH"),
                "LD_LIBRARY_PATH=" + folder,
                "XDG_CACHE_HOME=" + folder.resolve("cache"),
                "CUDA_EMULATED_GPUS=2",
                "CUDA_EMULATED_TRACE=" + folder));
    command.addAll(TuneEndToEndTest.command(arguments));
    return Subprocess.run(command, folder, Duration.ofSeconds(400));
  }

  @Test
  void tune_onTheEmulatedGpu_publishesABundle() throws IOException {
    tuneAndVerify("dtype: bfloat16");
  }

  @ParameterizedTest
  @ValueSource(strings = {"dtype: float32", "precision: float32-emulated"})
  @Tag("thorough")
  void tune_otherTypesOnTheEmulatedGpu_publishesABundle(String numerics) throws IOException {
    tuneAndVerify(numerics);
  }

  /** Neither NVIDIA's driver nor a compiler is where the driver of the job runs. */
  @Test
  @Tag("thorough")
  void tune_fromADriverWithoutGpus_publishesWhatExecutorsBuilt() throws Exception {
    Path workload =
        Files.writeString(
            folder.resolve("gpu.yaml"), String.format(Locale.ROOT, WORKLOAD, "dtype: float32"));
    WorkerSpec worker =
        WorkerSpec.of(2)
            .withGpus("0", "1")
            .with(
                Map.of(
                    "PATH",
                    folder + ":" + System.getenv("PATH"),
                    "LD_LIBRARY_PATH",
                    folder.toString(),
                    "CUDA_EMULATED_GPUS",
                    "2"));
    try (StandaloneCluster cluster = StandaloneCluster.start(folder.resolve("cluster"), worker)) {
      SparkProcess tune =
          cluster.submit(
              Map.of("CUDA_VISIBLE_DEVICES", ""),
              List.of(
                  "--executor-memory",
                  "1g",
                  "--driver-memory",
                  "1g",
                  "--conf",
                  "spark.executor.cores=1",
                  "--conf",
                  "spark.executor.resource.gpu.amount=1",
                  "--conf",
                  "spark.task.resource.gpu.amount=1"),
              "tune",
              workload.toString(),
              "--out",
              folder.resolve("out").toString());
      assertEquals(0, tune.exitCode(Duration.ofSeconds(400)), tune.out() + tune.err());
      Path bundle = TuneEndToEndTest.bundle(tune.out().lines());
      assertTrue(Files.exists(bundle.resolve("libtessera.so")));
    }
  }

  private void tuneAndVerify(String numerics) throws IOException {
    Path workload =
        Files.writeString(
            folder.resolve("gpu.yaml"), String.format(Locale.ROOT, WORKLOAD, numerics));
    Subprocess.Result tuned =
        tessera("tune", workload.toString(), "--out", folder.resolve("out").toString());
    assertEquals(0, tuned.exitCode(), tuned.output());
    assertTrue(tuned.output().contains("Emulated GPU"), tuned.output());
    assertTrue(Files.exists(folder.resolve("gpu-0")) && Files.exists(folder.resolve("gpu-1")));
    Path bundle = TuneEndToEndTest.bundle(tuned.output().lines());
    try (Stream<Path> kernels = Files.list(bundle.resolve("kernels"))) {
      assertTrue(kernels.anyMatch(file -> file.toString().endsWith(".cubin")));
    }
    assertTrue(Files.exists(bundle.resolve("libtessera.so")));
    Subprocess.Result inspected = tessera("inspect", bundle.toString());
    assertTrue(inspected.output().contains("cuda-sm_90a-3sm-"), inspected.output());
    Subprocess.Result verified = tessera("verify", bundle.toString(), "--shapes", "3");
    assertEquals(0, verified.exitCode(), verified.output());
    assertTrue(verified.output().contains("right on 3 random shapes"), verified.output());
  }
}
