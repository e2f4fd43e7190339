package tessera.compile;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;
import tessera.hardware.Target;

/**
 * Compiled files by the content that they came from: sources, included files, flags and compiler
 * version. An entry is a folder with the sources beside the artifact, written elsewhere and
 * renamed, so a reader sees all of it or nothing.
 */
public final class ArtifactCache {
  /** Compiles the main file of a folder into the given file. */
  @FunctionalInterface
  public interface Compile {
    BuildResult into(Path folder, Path artifact) throws IOException;
  }

  private static final String ARTIFACT = "artifact";

  private final Path root;

  public ArtifactCache(Path root) {
    this.root = root;
  }

  /** The folder of a user's cache: {@code $XDG_CACHE_HOME/tessera} or {@code ~/.cache/tessera}. */
  public static Path userFolder() {
    String cache = System.getenv("XDG_CACHE_HOME");
    Path base =
        cache == null || cache.isBlank()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(cache);
    return base.resolve("tessera");
  }

  /** The artifact of the unit, compiled only if it is not there yet. Failures are not kept. */
  public BuildResult get(SourceUnit unit, String compiler, Compile compile) {
    Path entry = root.resolve(key(unit, compiler));
    Path artifact = entry.resolve(ARTIFACT);
    if (Files.exists(artifact)) {
      return new BuildResult(BuildResult.Status.OK, java.util.Optional.of(artifact), "", 0);
    }
    try {
      Files.createDirectories(root);
      Path folder = Files.createTempDirectory(root, ".building-");
      try {
        for (Map.Entry<String, String> file : unit.files().entrySet()) {
          Files.writeString(folder.resolve(file.getKey()), file.getValue());
        }
        BuildResult result = compile.into(folder, folder.resolve(ARTIFACT));
        if (result.status() == BuildResult.Status.OK) {
          publish(folder, entry);
          return new BuildResult(
              result.status(), java.util.Optional.of(artifact), "", result.nanos());
        }
        return result;
      } finally {
        delete(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          "the build cache " + root + " cannot be written; free space or set XDG_CACHE_HOME", e);
    }
  }

  private static void publish(Path folder, Path entry) throws IOException {
    try {
      Files.move(folder, entry, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) {
      // another process built the same meanwhile: equal content, so either will do
      if (!Files.exists(entry.resolve(ARTIFACT))) {
        throw e;
      }
    }
  }

  private static String key(SourceUnit unit, String compiler) {
    StringBuilder text =
        new StringBuilder(ARTIFACT)
            .append('\n')
            .append(compiler)
            .append('\n')
            .append(unit.flags())
            .append('\n')
            .append(unit.name());
    new TreeMap<>(unit.files())
        .forEach((name, content) -> text.append('\n').append(name).append('\n').append(content));
    return Target.sha256(text.toString().getBytes(StandardCharsets.UTF_8)).substring(0, 32);
  }

  private static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.deleteIfExists(file);
      }
    }
    Files.deleteIfExists(folder);
  }
}
