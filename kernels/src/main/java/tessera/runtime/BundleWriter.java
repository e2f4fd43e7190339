package tessera.runtime;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import tessera.Json;
import tessera.UserError;
import tessera.compile.TemporaryFiles;
import tessera.integrity.CheckedFolder;
import tessera.integrity.SigningKey;
import tessera.storage.DiskFiles;

/**
 * Publishes bundles under {@code <root>/<workload>/<hardware>/<version>}. A bundle is written
 * beside its place, synced and renamed, so that a reader sees a whole bundle or none; {@code
 * latest} points to the newest.
 */
public final class BundleWriter {
  private static final String UNFINISHED = ".publishing-";
  private static final String LATEST = "latest";

  /** What a bundle has that was withdrawn, and why it was. */
  static final String FAULT = "FAULT";

  /** To write a bundle takes seconds: what is so old was left by a process that was killed. */
  private static final Duration STALE = Duration.ofHours(1);

  private final Path root;
  private final Optional<SigningKey> key;

  /** Publishes bundles that nobody signs. */
  public BundleWriter(Path root) {
    this(root, Optional.empty());
  }

  /**
   * @param key signs the bundles
   */
  public BundleWriter(Path root, Optional<SigningKey> key) {
    this.root = root;
    this.key = key;
  }

  /**
   * @param files everything but the manifest, the checksums and their signature
   * @return the published folder
   */
  public Path publish(BundleManifest manifest, Map<String, byte[]> files) {
    Path home = root.resolve(manifest.name()).resolve(manifest.target().folder());
    try {
      Files.createDirectories(home);
      removeStale(home);
      // not a temporary folder of Java's, which its owner alone may read
      Path building = Files.createDirectory(home.resolve(UNFINISHED + UUID.randomUUID()));
      try {
        write(building, manifest, files);
        Path place = move(building, home);
        pointLatest(home, place);
        DiskFiles.sync(home);
        return place;
      } finally {
        DiskFiles.delete(building);
      }
    } catch (IOException e) {
      throw UserError.of(
          "the bundle cannot be published under " + home,
          e,
          "free space or mend the folder's permissions, and go on with --resume");
    }
  }

  /** Removes what processes left that were killed while they published. */
  private static void removeStale(Path home) throws IOException {
    long oldest = Instant.now().minus(STALE).toEpochMilli();
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(home, UNFINISHED + "*")) {
      for (Path folder : folders) {
        if (folder.toFile().lastModified() < oldest) {
          TemporaryFiles.delete(folder);
        }
      }
    }
  }

  private void write(Path folder, BundleManifest manifest, Map<String, byte[]> files)
      throws IOException {
    Map<String, BundleManifest.FileEntry> entries = new TreeMap<>();
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      put(folder.resolve(file.getKey()), file.getValue());
      entries.put(file.getKey(), BundleManifest.FileEntry.of(file.getValue()));
    }
    byte[] json = Json.DOCUMENTS.writeValueAsBytes(manifest.withFiles(Map.copyOf(entries)));
    put(folder.resolve(Bundle.MANIFEST), json);
    entries.put(Bundle.MANIFEST, BundleManifest.FileEntry.of(json));
    byte[] sums = sums(entries);
    put(folder.resolve(CheckedFolder.SUMS), sums);
    if (key.isPresent()) {
      put(folder.resolve(CheckedFolder.SIGNATURE), key.get().sign(sums));
    }
  }

  private static byte[] sums(Map<String, BundleManifest.FileEntry> entries) {
    StringBuilder text = new StringBuilder();
    entries.forEach(
        (name, entry) -> text.append(entry.sha256()).append("  ").append(name).append('\n'));
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static void put(Path file, byte[] content) throws IOException {
    Files.createDirectories(file.getParent());
    DiskFiles.write(file, content);
  }

  /** Renames to the next free version. */
  private static Path move(Path building, Path home) throws IOException {
    for (int version = 1; ; version++) {
      Path place = home.resolve(String.format(Locale.ROOT, "v%04d", version));
      if (Files.exists(place)) {
        continue;
      }
      try {
        return Files.move(building, place, StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        if (!Files.exists(place)) {
          throw e;
        }
      }
    }
  }

  /** Takes the bundle back where that fails, since its publication did. */
  private static void pointLatest(Path home, Path place) throws IOException {
    try {
      link(home, place.getFileName());
    } catch (IOException e) {
      DiskFiles.delete(place);
      throw e;
    }
  }

  private static void link(Path home, Path version) throws IOException {
    Path link = home.resolve(".latest-" + version);
    try {
      Files.deleteIfExists(link);
      Files.createSymbolicLink(link, version);
      Files.move(
          link,
          home.resolve(LATEST),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      DiskFiles.delete(link);
      throw e;
    }
  }

  /**
   * Withdraws a published bundle in which a fault was found. Its folder stays, with the fault in a
   * file; where {@code latest} was this bundle, it is the newest of the sound ones before it, or
   * none.
   */
  public static void withdraw(Path bundle, String fault) {
    Path home = bundle.getParent();
    try {
      DiskFiles.delete(bundle.resolve(FAULT));
      put(bundle.resolve(FAULT), (fault + "\n").getBytes(StandardCharsets.UTF_8));
      if (isLatest(bundle)) {
        Optional<Path> sound = newestSound(home);
        if (sound.isPresent()) {
          link(home, sound.get().getFileName());
        } else {
          Files.delete(home.resolve(LATEST));
        }
      }
      DiskFiles.sync(home);
    } catch (IOException e) {
      throw UserError.of(
          "the bundle " + bundle + " cannot be withdrawn", e, "do not use it: " + fault);
    }
  }

  private static boolean isLatest(Path bundle) throws IOException {
    Path latest = bundle.resolveSibling(LATEST);
    return Files.isSymbolicLink(latest)
        && Files.readSymbolicLink(latest).equals(bundle.getFileName());
  }

  private static Optional<Path> newestSound(Path home) throws IOException {
    try (Stream<Path> all = Files.list(home)) {
      return all.filter(folder -> folder.getFileName().toString().matches("v\\d{4,9}"))
          .filter(folder -> !Files.exists(folder.resolve(FAULT)))
          .max(Comparator.comparingInt(BundleWriter::version));
    }
  }

  private static int version(Path folder) {
    return Integer.parseInt(folder.getFileName().toString().substring(1));
  }
}
