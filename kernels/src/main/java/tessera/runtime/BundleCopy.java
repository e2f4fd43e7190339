package tessera.runtime;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import tessera.UserError;
import tessera.compile.TemporaryFiles;
import tessera.integrity.CheckedFolder;
import tessera.integrity.Trust;
import tessera.storage.DiskFiles;
import tessera.storage.Place;
import tessera.storage.StorageFailure;

/**
 * A bundle on this machine's disk: where it is elsewhere, a checked copy in a temporary folder that
 * is removed when this is closed.
 */
public final class BundleCopy implements AutoCloseable {
  /** What {@code latest} named may be removed while it is copied; it names another then. */
  private static final int ATTEMPTS = 3;

  private final Path folder;

  /** What is removed at the end. */
  private final Optional<Path> own;

  private BundleCopy(Path folder, Optional<Path> own) {
    this.folder = folder;
    this.own = own;
  }

  /**
   * @throws UserError where there is no intact bundle, it was withdrawn, it is not trusted, or it
   *     cannot be read
   */
  public static BundleCopy of(Place bundle, Trust trust) {
    return bundle
        .onDisk()
        .map(folder -> onDisk(bundle, folder))
        .orElseGet(() -> temporary(bundle, trust));
  }

  private static BundleCopy onDisk(Place bundle, Path folder) {
    try {
      refuseWithdrawn(bundle);
    } catch (IOException e) {
      throw unreadable(bundle, e);
    }
    return new BundleCopy(folder, Optional.empty());
  }

  private static void refuseWithdrawn(Place version) throws IOException {
    Optional<String> fault = Versions.fault(version);
    if (fault.isPresent()) {
      throw new UserError(
          version
              + " was withdrawn: "
              + UserError.shortened(fault.get())
              + "; give another version of the bundle");
    }
  }

  private static BundleCopy temporary(Place bundle, Trust trust) {
    Path own = TemporaryFiles.folder("tessera-bundle");
    try {
      // the root of a file system has no name
      Path folder = own.resolve(bundle.name().isEmpty() ? "bundle" : bundle.name());
      fetch(bundle, folder, trust);
      return new BundleCopy(folder, Optional.of(own));
    } catch (RuntimeException e) {
      TemporaryFiles.delete(own);
      throw e;
    }
  }

  public Path folder() {
    return folder;
  }

  @Override
  public void close() {
    own.ifPresent(TemporaryFiles::delete);
  }

  /**
   * Copies a bundle to a new folder and checks every file; the folder is whole or not there.
   *
   * @param folder that does not exist, or is empty
   * @throws UserError where there is no intact bundle, it was withdrawn, it is not trusted, or it
   *     cannot be copied
   */
  public static void fetch(Place bundle, Path folder, Trust trust) {
    Path place = folder.toAbsolutePath().normalize();
    Bundle.refuseWithin(folder);
    try {
      checkFree(place);
      Path part = place.resolveSibling(".fetching-" + UUID.randomUUID());
      try {
        copy(bundle, part, trust);
        Files.move(part, place, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        DiskFiles.delete(part);
      }
      DiskFiles.sync(place.getParent());
    } catch (IOException e) {
      throw UserError.of(
          folder + " cannot be written", e, "free space or mend its permissions, or name another");
    }
  }

  private static void checkFree(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    if (!Files.isDirectory(folder)) {
      throw new FileAlreadyExistsException(folder.toString());
    }
    try (Stream<Path> files = Files.list(folder)) {
      if (files.findAny().isPresent()) {
        throw new UserError(folder + " is not empty; name a new folder");
      }
    }
  }

  private static void copy(Place bundle, Path to, Trust trust) throws IOException {
    try {
      for (int attempt = 1; ; attempt++) {
        Place from = folder(bundle);
        DiskFiles.delete(to);
        Files.createDirectories(to);
        Optional<Place> missing = copyFiles(from, to, trust);
        if (missing.isEmpty()) {
          Bundle.open(to, trust);
          return;
        }
        if (attempt == ATTEMPTS || folder(bundle).equals(from)) {
          throw new UserError(
              to
                  + " is corrupt: "
                  + missing.get().name()
                  + " is missing; publish the bundle again");
        }
      }
    } catch (UserError e) { // what the copy is found to be is said of what was copied
      throw new UserError(e.getMessage().replace(to.toString(), bundle.toString()), e);
    }
  }

  private static Place folder(Place bundle) {
    try {
      Place folder = Versions.folder(bundle);
      if (!Versions.isWhole(folder)) {
        throw new UserError(
            bundle
                + (folder.isFolder()
                    ? " is not a bundle (it has no " + CheckedFolder.SUMS + ")"
                    : " does not exist")
                + "; give the folder that tune printed");
      }
      refuseWithdrawn(folder);
      return folder;
    } catch (IOException e) {
      throw unreadable(bundle, e);
    }
  }

  private static RuntimeException unreadable(Place place, IOException cause) {
    return StorageFailure.of(
        place + " cannot be read", cause, "check its name and its permissions");
  }

  /** A file that the bundle lacks; empty where all of it was copied. */
  private static Optional<Place> copyFiles(Place from, Path to, Trust trust) throws IOException {
    for (String name : List.of(CheckedFolder.SIGNATURE, CheckedFolder.SUMS)) {
      Optional<byte[]> content = read(from.resolve(name));
      if (content.isPresent()) {
        DiskFiles.write(to.resolve(name), content.get());
      } else if (name.equals(CheckedFolder.SUMS)) {
        return Optional.of(from.resolve(name));
      }
    }
    for (String name : CheckedFolder.open(to, trust).sums().keySet()) {
      Optional<byte[]> content = read(from.resolve(name));
      if (content.isEmpty()) {
        return Optional.of(from.resolve(name));
      }
      Files.createDirectories(to.resolve(name).getParent());
      DiskFiles.write(to.resolve(name), content.get());
    }
    return Optional.empty();
  }

  /** Empty where it does not exist. */
  private static Optional<byte[]> read(Place file) {
    try {
      return Optional.of(file.read());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }
}
