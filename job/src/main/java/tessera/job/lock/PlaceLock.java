package tessera.job.lock;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import tessera.UserError;
import tessera.storage.Place;
import tessera.storage.StorageFailure;

/** A lock in a folder that one process of all hosts holds, until it closes it or dies. */
public interface PlaceLock extends AutoCloseable {
  /**
   * What came of an attempt.
   *
   * @param lock empty where somebody else has it
   * @param holder who that is, in words; else empty
   */
  record Attempt(Optional<PlaceLock> lock, String holder) {
    static Attempt got(PlaceLock lock) {
      return new Attempt(Optional.of(lock), "");
    }

    static Attempt heldBy(String holder) {
      return new Attempt(Optional.empty(), holder);
    }
  }

  /**
   * Takes a lock where it is free. On a disk that is known at once; elsewhere it can take half a
   * minute to see that a holder died.
   *
   * @param folder of the locks, which is made where it is missing
   * @param name of this one, as a file may be called
   * @throws UserError where the folder cannot be written
   */
  static Attempt attempt(Place folder, String name) {
    try {
      folder.createFolder();
      Optional<Path> disk = folder.onDisk();
      return disk.isPresent()
          ? DiskLock.attempt(disk.get(), name)
          : Lease.attempt(folder, name, Lease.Pace.USUAL);
    } catch (IOException e) {
      throw StorageFailure.of(
          "the lock " + name + " in " + folder + " cannot be taken",
          e,
          "free space or mend the folder's permissions");
    }
  }

  /** Whether it is still held: a process that was stopped for long may have lost it. */
  boolean isHeld();

  @Override
  void close();
}
