package tessera.measure;

import java.io.IOException;
import java.nio.file.Path;
import tessera.UserError;
import tessera.compile.Account;
import tessera.compile.LockFile;

/**
 * Sole use of a device on this host: never two timings at once, whichever thread, executor or
 * process they belong to. Held until closed, and released by the operating system when its holder
 * dies.
 */
public final class DeviceLock implements AutoCloseable {
  private final LockFile file;

  private DeviceLock(LockFile file) {
    this.file = file;
  }

  /**
   * Waits until the device is free.
   *
   * @throws UserError where the lock file cannot be used
   */
  public static DeviceLock acquire(String device) {
    return acquire(Path.of(System.getProperty("java.io.tmpdir")), device);
  }

  static DeviceLock acquire(Path folder, String device) {
    Path file = folder.resolve("tessera-" + Account.name() + "-" + device + ".lock");
    try {
      return new DeviceLock(LockFile.hold(file));
    } catch (IOException e) {
      throw UserError.of(
          "the lock file " + file + " cannot be written",
          e,
          "remove it, or name another temporary folder with TESSERA_JAVA_OPTIONS=-Djava.io.tmpdir=FOLDER");
    }
  }

  @Override
  public void close() {
    file.close();
  }
}
