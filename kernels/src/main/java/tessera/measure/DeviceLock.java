package tessera.measure;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import tessera.EnvironmentFault;
import tessera.UserError;
import tessera.compile.LockFile;

/**
 * Sole use of a device on this host: never two timings at once, whichever thread, executor, process
 * or user they belong to. Held until closed, and released by the operating system when its holder
 * dies.
 */
public final class DeviceLock implements AutoCloseable {
  /** The folder of the lock files. */
  public static final String PROPERTY = "tessera.locks";

  /* Executors of one host may each have a temporary folder of their own, which Java is told of. */
  private static final String SHARED = "/tmp";

  /** Between two looks at devices that other processes hold. */
  private static final long POLL_MILLIS = 10;

  /** Who waits for the same devices in this process, in order. */
  private static final Map<List<String>, ReentrantLock> TURNS = new ConcurrentHashMap<>();

  /** Is told of every release in this process. */
  private static final Object RELEASES = new Object();

  private final LockFile file;
  private final int index;

  private DeviceLock(LockFile file, int index) {
    this.file = file;
    this.index = index;
  }

  /**
   * Waits until the device is free.
   *
   * @throws UserError where the lock file cannot be used
   */
  public static DeviceLock acquire(String device) {
    return acquire(folder(), List.of(device), Deadline.NEVER)
        .orElseThrow(() -> new EnvironmentFault("the wait for " + device + " was interrupted"));
  }

  /**
   * Waits until one of some devices is free; who comes first in this process gets one first.
   *
   * @param until the latest that one may be had
   * @return empty where none became free by then
   * @throws UserError where a lock file cannot be used
   */
  public static Optional<DeviceLock> acquire(List<String> devices, Deadline until) {
    return acquire(folder(), devices, until);
  }

  private static Path folder() {
    return Path.of(System.getProperty(PROPERTY, SHARED));
  }

  static Optional<DeviceLock> acquire(Path folder, List<String> devices, Deadline until) {
    ReentrantLock turn = TURNS.computeIfAbsent(devices, same -> new ReentrantLock(true));
    try {
      while (!turn.tryLock(1, TimeUnit.SECONDS)) {
        if (until.isOver()) {
          return Optional.empty();
        }
      }
      try {
        return first(folder, devices, until);
      } finally {
        turn.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  private static Optional<DeviceLock> first(Path folder, List<String> devices, Deadline until)
      throws InterruptedException {
    while (!until.isOver()) {
      synchronized (RELEASES) {
        for (int i = 0; i < devices.size(); i++) {
          Optional<LockFile> held = tryHold(folder.resolve("tessera-" + devices.get(i) + ".lock"));
          if (held.isPresent()) {
            return Optional.of(new DeviceLock(held.get(), i));
          }
        }
        RELEASES.wait(POLL_MILLIS);
      }
    }
    return Optional.empty();
  }

  private static Optional<LockFile> tryHold(Path file) {
    try {
      share(file);
      return LockFile.tryHold(file);
    } catch (IOException e) {
      throw UserError.of(
          "the lock file " + file + " cannot be written",
          e,
          "remove it, or name another folder, the same for all that use the device, with TESSERA_JAVA_OPTIONS=-D"
              + PROPERTY
              + "=FOLDER");
    }
  }

  /** Makes a lock file that every user of the host can hold. */
  private static void share(Path file) throws IOException {
    if (!Files.exists(file)) {
      // under another name until all may write to it
      Path made = Files.createTempFile(file.toAbsolutePath().getParent(), "tessera-", ".lock");
      try {
        Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rw-rw-rw-"));
        Files.createLink(file, made);
      } catch (FileAlreadyExistsException e) {
        // another process was faster
      } finally {
        Files.delete(made);
      }
    }
  }

  /** The place of the device among those that were asked for. */
  public int index() {
    return index;
  }

  @Override
  public void close() {
    file.close();
    synchronized (RELEASES) {
      RELEASES.notifyAll();
    }
  }
}
