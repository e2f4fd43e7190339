package tessera.storage;

import java.nio.file.FileSystemException;

/** Storage that does not answer, or fails again and again: no name and no permission mends that. */
public final class StorageAway extends FileSystemException {
  /**
   * @param place as a user writes it
   * @param reason as it can stand in a sentence
   */
  public StorageAway(String place, String reason) {
    super(place, null, reason);
  }
}
