package tessera.compile;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tessera.UserError;

/** A C compiler of this machine, making shared libraries; results are cached by content. */
public final class CCompiler implements Builder {
  public static final Duration DEADLINE = Duration.ofSeconds(20);

  /** A compile that wants more memory than this is a bomb; kilobytes. */
  private static final long MEMORY_KIB = 4L << 20;

  private static final List<String> PROGRAMS = List.of("gcc", "cc", "clang");

  private static final String REMEDY =
      "; install gcc (Debian and Ubuntu: apt-get install gcc libc6-dev) and run again";

  private final String program;
  private final String version;
  private final ArtifactCache cache;
  private final Duration deadline;

  private CCompiler(String program, String version, ArtifactCache cache, Duration deadline) {
    this.program = program;
    this.version = version;
    this.cache = cache;
    this.deadline = deadline;
  }

  /**
   * Finds a compiler for C without micro-kernels.
   *
   * @throws UserError when there is none
   */
  public static CCompiler find(Path cacheFolder) {
    return all(PROGRAMS, cacheFolder)
        .findFirst()
        .orElseThrow(() -> new UserError("no C compiler was found on this machine" + REMEDY));
  }

  /**
   * Finds a compiler for micro-kernels, which shuffle vectors by a function that only GCC has.
   *
   * @throws UserError when there is none
   */
  public static CCompiler findGcc(Path cacheFolder) {
    return findGcc(PROGRAMS, cacheFolder);
  }

  static CCompiler findGcc(List<String> programs, Path cacheFolder) {
    return all(programs, cacheFolder)
        .filter(compiler -> !compiler.version.contains("clang"))
        .findFirst()
        .orElseThrow(
            () -> new UserError("micro-kernels for CPUs need GCC, which was not found" + REMEDY));
  }

  private static Stream<CCompiler> all(List<String> programs, Path cacheFolder) {
    return programs.stream().flatMap(program -> named(program, cacheFolder).stream());
  }

  /** One compiler, where it is installed. */
  public static Optional<CCompiler> named(String program, Path cacheFolder) {
    return version(program)
        .map(version -> new CCompiler(program, version, new ArtifactCache(cacheFolder), DEADLINE));
  }

  @Override
  public CCompiler withDeadline(Duration other) {
    return new CCompiler(program, version, cache, other);
  }

  private static Optional<String> version(String program) {
    try {
      Subprocess.Result result =
          Subprocess.run(List.of(program, "--version"), Path.of("."), Duration.ofSeconds(10));
      return result.exitCode() == 0 ? result.output().lines().findFirst() : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The first line of {@code --version}. */
  public String version() {
    return version;
  }

  @Override
  public BuildResult build(SourceUnit unit) {
    return cache.get(unit, version, (folder, artifact) -> compile(unit, folder, artifact));
  }

  private BuildResult compile(SourceUnit unit, Path folder, Path artifact) throws IOException {
    List<String> command = new ArrayList<>(List.of(program));
    command.addAll(unit.flags());
    command.addAll(List.of("-o", artifact.toString(), unit.name(), "-ldl", "-lm", "-lpthread"));
    long start = System.nanoTime();
    Subprocess.Result result =
        Subprocess.run(Confinement.within(MEMORY_KIB, command), folder, deadline);
    return BuildResult.of(result, artifact, deadline, System.nanoTime() - start);
  }
}
