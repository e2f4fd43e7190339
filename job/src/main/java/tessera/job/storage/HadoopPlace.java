package tessera.job.storage;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSDataOutputStreamBuilder;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FilterFileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.StreamCapabilities;
import tessera.storage.Place;

/** A place that Hadoop knows. Each call to the file system may be repeated, one at a time. */
final class HadoopPlace implements Place {
  private final HadoopFiles files;
  private final String path;

  /**
   * @param path from the root, without escapes
   */
  HadoopPlace(HadoopFiles files, String path) {
    this.files = files;
    this.path = normalized(path);
  }

  private static String normalized(String path) {
    Deque<String> names = new ArrayDeque<>();
    for (String name : path.split("/+")) {
      if (name.equals("..")) {
        names.pollLast();
      } else if (!name.isEmpty() && !name.equals(".")) {
        names.addLast(name);
      }
    }
    return "/" + String.join("/", names);
  }

  @Override
  public String toString() {
    return files.path(path).toString();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof HadoopPlace place && place.toString().equals(toString());
  }

  @Override
  public int hashCode() {
    return toString().hashCode();
  }

  @Override
  public URI uri() {
    try {
      return new URI(files.root().getScheme(), files.root().getAuthority(), path, null, null);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public Optional<java.nio.file.Path> onDisk() {
    return Optional.empty();
  }

  @Override
  public String name() {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  @Override
  public Optional<Place> parent() {
    return path.equals("/")
        ? Optional.empty()
        : Optional.of(at(path.substring(0, path.lastIndexOf('/') + 1)));
  }

  @Override
  public Place resolve(String other) {
    return other.startsWith("/") ? at(other) : at(path + "/" + other);
  }

  private HadoopPlace at(String other) {
    return new HadoopPlace(files, other);
  }

  @Override
  public Place absolute() {
    return this;
  }

  private Path hadoops() {
    return files.path(path);
  }

  private <T> T attempt(HadoopFiles.Step<T> step) throws IOException {
    return files.attempt(toString(), step);
  }

  private Optional<FileStatus> status() throws IOException {
    return attempt(
        system -> {
          try {
            return Optional.of(system.getFileStatus(hadoops()));
          } catch (FileNotFoundException e) {
            return Optional.empty();
          }
        });
  }

  @Override
  public boolean isFile() throws IOException {
    return status().filter(FileStatus::isFile).isPresent();
  }

  @Override
  public boolean isFolder() throws IOException {
    return status().filter(FileStatus::isDirectory).isPresent();
  }

  @Override
  public Instant modified() throws IOException {
    return Instant.ofEpochMilli(
        attempt(system -> system.getFileStatus(hadoops()).getModificationTime()));
  }

  @Override
  public byte[] read() throws IOException {
    return head(Integer.MAX_VALUE);
  }

  @Override
  public byte[] head(int bytes) throws IOException {
    return attempt(
        system -> {
          try (FSDataInputStream stream = system.open(hadoops())) {
            return stream.readNBytes(bytes);
          }
        });
  }

  @Override
  public void write(byte[] content) throws IOException {
    if (!files.renames()) {
      put(content); // seen once it is closed
      return;
    }
    HadoopPlace part = at(path.replaceFirst("[^/]*$", "." + UUID.randomUUID()));
    try {
      part.put(content);
      part.rename(this, Options.Rename.OVERWRITE);
    } catch (IOException e) {
      part.delete();
      throw e;
    }
  }

  private void put(byte[] content) throws IOException {
    attempt(
        system -> {
          try (FSDataOutputStream stream = system.create(hadoops(), true)) {
            stream.write(content);
            if (stream.hasCapability(StreamCapabilities.HSYNC)) {
              stream.hsync();
            }
          }
          return true;
        });
  }

  @Override
  public boolean create(byte[] content) throws IOException {
    return attempt(
        system -> {
          if (isFile()) { // not all object stores look when they are told to below
            return Arrays.equals(content, read());
          }
          FSDataOutputStreamBuilder<?, ?> builder = system.createFile(hadoops());
          builder.overwrite(false);
          // of an object store, which else looks first and writes afterwards
          builder.opt(Options.CreateFileOptionKeys.FS_OPTION_CREATE_CONDITIONAL_OVERWRITE, true);
          try (FSDataOutputStream stream = builder.build()) {
            stream.write(content);
          } catch (IOException e) { // each file system has its own for a file that is there
            if (!isFile()) {
              throw e;
            }
            // an attempt before this one may have made it after all
            return Arrays.equals(content, read());
          }
          return true;
        });
  }

  @Override
  public void createFolder() throws IOException {
    attempt(system -> system.mkdirs(hadoops()));
  }

  @Override
  public List<Place> list() throws IOException {
    FileStatus[] all = attempt(system -> system.listStatus(hadoops()));
    return Arrays.stream(all)
        .map(status -> status.getPath().getName())
        .sorted(Comparator.naturalOrder())
        .<Place>map(this::resolve)
        .toList();
  }

  @Override
  public boolean movesAtOnce() {
    return files.renames();
  }

  @Override
  public boolean moveTo(Place other) throws IOException {
    HadoopPlace place = (HadoopPlace) other;
    if (place.status().isPresent()) {
      return false;
    }
    try {
      rename(place, Options.Rename.NONE);
      return true;
    } catch (IOException e) {
      if (status().isPresent() && place.status().isPresent()) { // made in the meantime
        return false;
      }
      throw e;
    }
  }

  /** An attempt that failed may have done it all the same: what nobody else moves is gone then. */
  private void rename(HadoopPlace other, Options.Rename how) throws IOException {
    boolean[] tried = {false};
    attempt(
        system -> {
          boolean again = tried[0];
          tried[0] = true;
          if (!again || system.exists(hadoops()) || !system.exists(other.hadoops())) {
            new Renaming(system).rename(hadoops(), other.hadoops(), how);
          }
          return true;
        });
  }

  /** Hadoop keeps the renaming that fails where something is in the way to its subclasses. */
  private static final class Renaming extends FilterFileSystem {
    Renaming(FileSystem files) {
      super(files);
    }

    @Override
    @SuppressWarnings("deprecation") // of what else there is, FileContext knows fewer file systems
    protected void rename(Path from, Path to, Options.Rename... options) throws IOException {
      super.rename(from, to, options);
    }
  }

  @Override
  public void delete() throws IOException {
    attempt(system -> system.delete(hadoops(), true));
  }
}
