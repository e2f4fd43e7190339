package tessera.backend.cuda;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tessera.compile.BuildResult;
import tessera.compile.Builder;
import tessera.compile.SourceUnit;
import tessera.compile.Subprocess;
import tessera.compile.Template;

/** A CUDA driver on the CPU ({@code driver.cpp}), and a compiler that makes modules for it. */
final class EmulatedGpu implements Builder {
  private static final Duration DEADLINE = Duration.ofSeconds(120);

  private final Path folder;

  EmulatedGpu(Path folder) {
    this.folder = folder;
    Subprocess.Result result = compile(folder, Map.of(), "driver.cpp", "libcuda.so.1");
    if (result.exitCode() != 0) {
      throw new IllegalStateException(result.output());
    }
  }

  /** Whether this machine can build one. */
  static boolean isPossible() {
    try {
      return Subprocess.run(List.of("g++", "--version"), Path.of("."), Duration.ofSeconds(10))
              .exitCode()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** What a process needs to see this driver. */
  List<String> environment() {
    return List.of("LD_LIBRARY_PATH=" + folder);
  }

  @Override
  public BuildResult build(SourceUnit unit) {
    try {
      Path work = Files.createTempDirectory(folder, "module");
      String source = unit.files().get(unit.name());
      Subprocess.Result result =
          compile(
              work,
              Map.of("candidate.cu", source),
              unit.name().replace(".cu", ".cpp"),
              "module.so");
      // what ptxas would say of registers
      Files.writeString(work.resolve("build.log"), "Used 32 registers, 0 bytes spill stores");
      return result.exitCode() == 0
          ? new BuildResult(BuildResult.Status.OK, Optional.of(work.resolve("module.so")), "", 1)
          : new BuildResult(BuildResult.Status.FAILED, Optional.empty(), result.output(), 1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Subprocess.Result compile(
      Path work, Map<String, String> more, String main, String output) {
    Map<String, String> files = new HashMap<>(more);
    for (String file :
        List.of("emulator.h", "emulator_matrix.h", "emulator_hopper.h", "module.h", main)) {
      files.put(file, Template.resource(EmulatedGpu.class, file));
    }
    try {
      for (Map.Entry<String, String> file : files.entrySet()) {
        Files.writeString(work.resolve(file.getKey()), file.getValue());
      }
      return Subprocess.run(
          List.of("g++", "-O1", "-std=c++17", "-w", "-fPIC", "-shared", "-o", output, main, "-ldl"),
          work,
          DEADLINE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
