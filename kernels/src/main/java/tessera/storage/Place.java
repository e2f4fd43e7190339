package tessera.storage;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A file or a folder, which need not exist, on this machine's disk or in a file system that a URI
 * names. What storage refuses is an {@link IOException} whose reason can stand in a sentence.
 */
public interface Place {
  /**
   * What a user wrote: a path on this machine, or a URI such as {@code hdfs://host/folder}. As in
   * Hadoop's own tools each character of a URI stands for itself, and {@code %20} is no space.
   *
   * @throws tessera.UserError where nothing here knows the URI's scheme
   */
  static Place of(String text) {
    return Places.of(text);
  }

  /**
   * @throws tessera.UserError where nothing here knows the URI's scheme
   */
  static Place of(URI uri) {
    return Places.of(uri);
  }

  /**
   * What a file in a folder means by a path or a URI: a relative path starts there, and an absolute
   * one at the root of the same file system.
   */
  static Place of(Place folder, String text) {
    return Places.isUri(text) ? of(text) : folder.resolve(text);
  }

  static Place of(Path path) {
    return new LocalPlace(path);
  }

  /** As a user writes it. */
  @Override
  String toString();

  URI uri();

  /** Its path, where it is on this machine's disk. */
  Optional<Path> onDisk();

  String name();

  /** The folder that it is in; empty for a root. */
  Optional<Place> parent();

  /** What a path relative to this folder names; an absolute path begins at the same root. */
  Place resolve(String path);

  /** The same place by the shortest path from its root. */
  Place absolute();

  boolean isFile() throws IOException;

  boolean isFolder() throws IOException;

  Instant modified() throws IOException;

  byte[] read() throws IOException;

  /** The first bytes of a file; all where it has no more. */
  byte[] head(int bytes) throws IOException;

  /**
   * Writes a file in place of what was there, and waits until it is stored for good. Readers see
   * the old file or the new one.
   */
  void write(byte[] content) throws IOException;

  /**
   * Writes a file where there is none, so that of several who do it at once one alone succeeds.
   * Readers may see it before all of it is written.
   *
   * @return false where something is there already
   */
  boolean create(byte[] content) throws IOException;

  /** Makes this folder and those above it, where they do not exist. */
  void createFolder() throws IOException;

  /** What is in this folder, in the order of names. */
  List<Place> list() throws IOException;

  /** Whether {@link #moveTo} is one step to readers. */
  boolean movesAtOnce();

  /**
   * Gives a file or a folder another place of the same file system.
   *
   * @return false where something is there already
   */
  boolean moveTo(Place other) throws IOException;

  /** Removes it with all that is in it, where it exists. */
  void delete() throws IOException;
}
