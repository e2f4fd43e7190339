package tessera.compile;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import tessera.UserError;
import tessera.storage.DiskFiles;

/** Files and folders in the system's temporary folder, which their makers remove. */
public final class TemporaryFiles {
  private static final String FOLDER = System.getProperty("java.io.tmpdir");

  private static final String REMEDY =
      "free space there, or name another folder with TESSERA_JAVA_OPTIONS=-Djava.io.tmpdir=FOLDER";

  /** What Spark and a compile may need at once. */
  private static final int ROOM_BYTES = 1 << 20;

  private TemporaryFiles() {}

  /**
   * @throws UserError where it cannot be made
   */
  public static Path file(String prefix) {
    try {
      return Files.createTempFile(prefix, ".log");
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /**
   * @throws UserError where it cannot be made
   */
  public static Path folder(String prefix) {
    try {
      return Files.createTempDirectory(prefix);
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  /**
   * Looks whether the folder can be written to and has room.
   *
   * @throws UserError where not
   */
  public static void check() {
    fault()
        .ifPresent(
            fault -> {
              throw fault;
            });
  }

  /** Why the folder cannot be written to; empty where it can be and has room. */
  public static Optional<UserError> fault() {
    try {
      Path file = Files.createTempFile("tessera-room", ".log");
      try {
        Files.write(file, new byte[ROOM_BYTES]);
      } finally {
        delete(file);
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(unusable(e));
    }
  }

  /** Removes a file or a folder; one that cannot be removed is left to the system. */
  public static void delete(Path fileOrFolder) {
    try {
      DiskFiles.delete(fileOrFolder);
    } catch (IOException e) {
      // as said above
    }
  }

  /** Removes the folder that this process was given for its own, when nobody else is left to. */
  public static void deleteOwn() {
    Optional.ofNullable(System.getenv(Confinement.FOLDER))
        .map(Path::of)
        .ifPresent(TemporaryFiles::delete);
  }

  /** What is said where one of them cannot be written. */
  public static UserError unusable(IOException cause) {
    return UserError.of("the temporary folder " + FOLDER + " cannot be written", cause, REMEDY);
  }
}
