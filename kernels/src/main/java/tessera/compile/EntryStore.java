package tessera.compile;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import tessera.Digest;
import tessera.storage.DiskFiles;

/**
 * A folder of entries, each a folder of files with their sizes and checksums beside them. An entry
 * is written elsewhere, synced and renamed, so a reader sees all of it or nothing; one whose bytes
 * are not those that were written, say after a loss of power, counts as missing and is replaced.
 */
public final class EntryStore {
  private static final String SUMS = "SHA256SUMS";
  private static final String LOCK = ".lock";
  private static final int PROBE_BYTES = 1 << 20;

  /** Folders that are being filled: an interrupted process takes them with it. */
  private static final Set<Path> UNFINISHED = ConcurrentHashMap.newKeySet();

  static {
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> UNFINISHED.forEach(TemporaryFiles::delete)));
  }

  private final Path root;

  public EntryStore(Path root) {
    this.root = root;
  }

  /** The folder of an entry, where it is there and whole. */
  public Optional<Path> find(String name) {
    Path entry = root.resolve(name);
    try {
      byte[] listed = Files.readAllBytes(entry.resolve(SUMS));
      byte[] found = sums(entry).getBytes(StandardCharsets.UTF_8);
      return listed.length > 0 && Arrays.equals(listed, found)
          ? Optional.of(entry)
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** A new folder for files of an entry to be, to be discarded at the end. */
  public Path begin() throws IOException {
    Files.createDirectories(root);
    // readable by its owner only, and so is the entry: it holds code that its readers run
    Path folder = Files.createTempDirectory(root, ".building-");
    UNFINISHED.add(folder);
    return folder;
  }

  /**
   * Removes what is left of a folder from {@link #begin}. Where a compiler that was just killed
   * still writes to it, what remains goes when this process ends.
   */
  public static void discard(Path folder) {
    try {
      DiskFiles.delete(folder);
      UNFINISHED.remove(folder);
    } catch (IOException e) {
      // as said above
    }
  }

  /**
   * Looks whether there is room for more in a folder from {@link #begin}.
   *
   * @throws IOException where there is none
   */
  static void probe(Path folder) throws IOException {
    Path file = folder.resolve(".probe");
    DiskFiles.write(file, new byte[PROBE_BYTES]);
    Files.delete(file);
  }

  /**
   * Makes a folder from {@link #begin} an entry, unless another process was faster.
   *
   * @return the entry's folder
   */
  public Path publish(Path folder, String name) throws IOException {
    String sums = sums(folder);
    for (Path file : files(folder)) {
      DiskFiles.sync(file);
    }
    DiskFiles.write(folder.resolve(SUMS), sums.getBytes(StandardCharsets.UTF_8));
    DiskFiles.sync(folder);
    Path entry = root.resolve(name);
    try (LockFile lock = LockFile.hold(root.resolve(LOCK))) {
      if (find(name).isEmpty()) {
        DiskFiles.delete(entry);
        Files.move(folder, entry, StandardCopyOption.ATOMIC_MOVE);
        DiskFiles.sync(root);
      }
    }
    return entry;
  }

  /** A line for each file: checksum, size and name. */
  private static String sums(Path folder) throws IOException {
    StringBuilder text = new StringBuilder();
    for (Path file : files(folder)) {
      text.append(Digest.sha256(file))
          .append("  ")
          .append(Files.size(file))
          .append("  ")
          .append(file.getFileName())
          .append('\n');
    }
    return text.toString();
  }

  private static List<Path> files(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      return files.filter(file -> !file.endsWith(SUMS)).sorted().toList();
    }
  }
}
