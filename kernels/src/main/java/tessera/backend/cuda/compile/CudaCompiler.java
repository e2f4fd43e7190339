package tessera.backend.cuda.compile;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tessera.UserError;
import tessera.compile.ArtifactCache;
import tessera.compile.BuildResult;
import tessera.compile.Builder;
import tessera.compile.SourceUnit;
import tessera.compile.Subprocess;

/**
 * NVRTC, or nvcc where it is missing, making cubins in child processes; results are cached by
 * content. What ptxas says of registers and spills is kept beside each cubin.
 */
public final class CudaCompiler implements Builder {
  public static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final String LOG = "build.log";

  /** Makes one cubin, or PTX. */
  interface Program {
    Subprocess.Result compile(List<String> flags, Path source, Path artifact, Duration deadline)
        throws IOException;
  }

  private final Program program;
  private final String version;
  private final ArtifactCache cache;
  private final Duration deadline;

  private CudaCompiler(Program program, String version, ArtifactCache cache, Duration deadline) {
    this.program = program;
    this.version = version;
    this.cache = cache;
    this.deadline = deadline;
  }

  private static final String VIRTUAL = "--gpu-architecture=compute_";

  /**
   * Flags that both compilers understand.
   *
   * @param isa sm_ and a number for a cubin, compute_ and a number for PTX
   */
  public static List<String> flags(String isa) {
    return List.of("--gpu-architecture=" + isa, "--std=c++17", "--ptxas-options=-v");
  }

  /** Whether such flags ask for PTX. */
  static boolean arePortable(List<String> flags) {
    return flags.stream().anyMatch(flag -> flag.startsWith(VIRTUAL));
  }

  /**
   * Finds NVRTC, else nvcc.
   *
   * @throws UserError when there is neither
   */
  public static CudaCompiler find(Path cacheFolder) {
    return nvrtc(cacheFolder)
        .or(() -> nvcc(cacheFolder))
        .orElseThrow(
            () ->
                new UserError(
                    "neither NVRTC nor nvcc was found on this machine; install the CUDA toolkit's package cuda-nvrtc or cuda-nvcc, or add the folder of libnvrtc.so to LD_LIBRARY_PATH"));
  }

  /** NVRTC where its library can be loaded. */
  static Optional<CudaCompiler> nvrtc(Path cacheFolder) {
    return Nvrtc.load()
        .map(
            nvrtc ->
                new CudaCompiler(
                    new NvrtcProcesses(),
                    "NVRTC " + nvrtc.version(),
                    new ArtifactCache(cacheFolder),
                    DEADLINE));
  }

  /** nvcc where it is on the path. */
  static Optional<CudaCompiler> nvcc(Path cacheFolder) {
    try {
      Subprocess.Result result =
          Subprocess.run(List.of("nvcc", "--version"), Path.of("."), Duration.ofSeconds(10));
      return result.output().lines().filter(line -> line.contains("release")).findFirst().stream()
          .map(line -> "nvcc " + line.replaceAll(".*release ([^,]*).*", "$1"))
          .map(
              version ->
                  new CudaCompiler(
                      CudaCompiler::nvcc, version, new ArtifactCache(cacheFolder), DEADLINE))
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Subprocess.Result nvcc(
      List<String> flags, Path source, Path artifact, Duration deadline) throws IOException {
    List<String> command = new ArrayList<>(List.of("nvcc", arePortable(flags) ? "-ptx" : "-cubin"));
    command.addAll(flags);
    command.addAll(List.of("-o", artifact.toString(), source.getFileName().toString()));
    return Subprocess.run(command, source.getParent(), deadline);
  }

  @Override
  public CudaCompiler withDeadline(Duration other) {
    return new CudaCompiler(program, version, cache, other);
  }

  /** The compiler's name and version. */
  public String version() {
    return version;
  }

  @Override
  public BuildResult build(SourceUnit unit) {
    return cache.get(unit, version, (folder, artifact) -> compile(unit, folder, artifact));
  }

  /** What the functions of a built cubin use. */
  public static CudaResources resources(Path artifact) {
    return CudaResources.parse(
        new String(ArtifactCache.read(artifact.resolveSibling(LOG)), StandardCharsets.UTF_8));
  }

  private BuildResult compile(SourceUnit unit, Path folder, Path artifact) throws IOException {
    long start = System.nanoTime();
    Subprocess.Result result =
        program.compile(unit.flags(), folder.resolve(unit.name()), artifact, deadline);
    BuildResult built = BuildResult.of(result, artifact, deadline, System.nanoTime() - start);
    if (built.status() == BuildResult.Status.OK) {
      Files.writeString(folder.resolve(LOG), result.output());
    }
    return built;
  }
}
