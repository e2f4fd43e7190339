package tessera.storage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;

/** Files that outlast a loss of power, and folders removed with all that is in them. */
public final class DiskFiles {
  private DiskFiles() {}

  /** Writes a new file and waits until the disk has it. */
  public static void write(Path file, byte[] content) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      for (ByteBuffer rest = ByteBuffer.wrap(content); rest.hasRemaining(); ) {
        channel.write(rest);
      }
      channel.force(true);
    }
  }

  /** Waits until the disk has a file's content, or a folder's list of files. */
  public static void sync(Path fileOrFolder) throws IOException {
    try (FileChannel channel = FileChannel.open(fileOrFolder, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  /** Removes a file or a folder, where there is one. */
  public static void delete(Path fileOrFolder) throws IOException {
    if (!Files.isDirectory(fileOrFolder, LinkOption.NOFOLLOW_LINKS)) {
      Files.deleteIfExists(fileOrFolder);
      return;
    }
    try (var paths = Files.walk(fileOrFolder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (UncheckedIOException e) { // of the walk
      throw e.getCause();
    }
  }
}
