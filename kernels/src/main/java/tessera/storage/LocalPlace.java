package tessera.storage;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** On this machine's disk. */
record LocalPlace(Path path) implements Place {
  @Override
  public String toString() {
    return path.toString();
  }

  @Override
  public URI uri() {
    return path.toUri();
  }

  @Override
  public Optional<Path> onDisk() {
    return Optional.of(path);
  }

  @Override
  public String name() {
    return String.valueOf(path.getFileName());
  }

  @Override
  public Optional<Place> parent() {
    return Optional.ofNullable(path.toAbsolutePath().getParent()).map(LocalPlace::new);
  }

  @Override
  public Place resolve(String other) {
    return new LocalPlace(path.resolve(other));
  }

  @Override
  public Place absolute() {
    return new LocalPlace(path.toAbsolutePath().normalize());
  }

  @Override
  public boolean isFile() {
    return Files.isRegularFile(path);
  }

  @Override
  public boolean isFolder() {
    return Files.isDirectory(path);
  }

  @Override
  public Instant modified() throws IOException {
    return Files.getLastModifiedTime(path).toInstant();
  }

  @Override
  public byte[] read() throws IOException {
    return Files.readAllBytes(path);
  }

  @Override
  public byte[] head(int bytes) throws IOException {
    try (InputStream stream = Files.newInputStream(path)) {
      return stream.readNBytes(bytes);
    }
  }

  @Override
  public void write(byte[] content) throws IOException {
    if (path.getParent() != null && Files.notExists(path.getParent())) {
      throw new NoSuchFileException(path.getParent().toString());
    }
    Path part = path.resolveSibling("." + name() + "-" + UUID.randomUUID());
    try {
      DiskFiles.write(part, content);
      Files.move(part, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
    DiskFiles.sync(path.toAbsolutePath().getParent());
  }

  @Override
  public boolean create(byte[] content) throws IOException {
    try {
      DiskFiles.write(path, content);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    }
  }

  @Override
  public void createFolder() throws IOException {
    Files.createDirectories(path);
  }

  @Override
  public List<Place> list() throws IOException {
    try (var files = Files.list(path)) {
      return files.sorted().<Place>map(LocalPlace::new).toList();
    }
  }

  @Override
  public boolean movesAtOnce() {
    return true;
  }

  @Override
  public boolean moveTo(Place other) throws IOException {
    Path place = other.onDisk().orElseThrow();
    if (Files.exists(place)) {
      return false;
    }
    try {
      Files.move(path, place, StandardCopyOption.ATOMIC_MOVE);
      return true;
    } catch (IOException e) {
      if (Files.exists(place)) { // made in the meantime
        return false;
      }
      throw e;
    }
  }

  @Override
  public void delete() throws IOException {
    DiskFiles.delete(path);
  }
}
