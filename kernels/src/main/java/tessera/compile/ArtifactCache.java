package tessera.compile;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tessera.Digest;
import tessera.UserError;

/**
 * Compiled files by the content that they came from: sources, included files, flags and compiler
 * version. An entry of the {@link EntryStore} has the sources beside the artifact.
 */
public final class ArtifactCache {
  /** Compiles the main file of a folder into the given file. */
  @FunctionalInterface
  public interface Compile {
    BuildResult into(Path folder, Path artifact) throws IOException;
  }

  private static final String ARTIFACT = "artifact";

  private final Path root;
  private final EntryStore entries;

  public ArtifactCache(Path root) {
    this.root = root;
    this.entries = new EntryStore(root);
  }

  /**
   * The artifact of the unit, compiled only if it is not there yet, or no longer whole. Failures
   * are not kept.
   *
   * @throws UserError where the cache cannot be written
   */
  public BuildResult get(SourceUnit unit, String compiler, Compile compile) {
    String key = key(unit, compiler);
    Optional<Path> entry = entries.find(key);
    if (entry.isPresent()) {
      return ok(entry.get(), 0);
    }
    try {
      Path folder = entries.begin();
      try {
        return build(unit, folder, key, compile);
      } finally {
        EntryStore.discard(folder);
      }
    } catch (IOException e) {
      throw unwritable(root, e);
    }
  }

  /** What is said of a cache folder that cannot be written. */
  public static UserError unwritable(Path folder, IOException cause) {
    return UserError.of(
        "the build cache " + folder + " cannot be written",
        cause,
        "free space or mend its permissions, or name another folder with XDG_CACHE_HOME");
  }

  /**
   * The bytes of a file of the cache.
   *
   * @throws UserError where it cannot be read
   */
  public static byte[] read(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw UserError.of(
          file + " of the build cache cannot be read",
          e,
          "mend its permissions, or name another folder with XDG_CACHE_HOME");
    }
  }

  private BuildResult build(SourceUnit unit, Path folder, String key, Compile compile)
      throws IOException {
    for (Map.Entry<String, String> file : unit.files().entrySet()) {
      Files.writeString(folder.resolve(file.getKey()), file.getValue());
    }
    BuildResult result = compile.into(folder, folder.resolve(ARTIFACT));
    if (result.status() == BuildResult.Status.OK) {
      return ok(entries.publish(folder, key), result.nanos());
    }
    // or a compiler that met a full disk would speak against what it compiled
    EntryStore.probe(folder);
    return result;
  }

  private static BuildResult ok(Path entry, long nanos) {
    return new BuildResult(BuildResult.Status.OK, Optional.of(entry.resolve(ARTIFACT)), "", nanos);
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
    return Digest.sha256(text.toString().getBytes(StandardCharsets.UTF_8)).substring(0, 32);
  }
}
