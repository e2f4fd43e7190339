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
    return acquire(folder(), List.of(device), Deadline.NEVER, DeviceWaits.ofProcess())
        .orElseThrow(() -> new EnvironmentFault("the wait for " + device + " was interrupted"));
  }

  /**
   * Waits until one of some devices is free; who comes first in this process gets one first.
   *
   * @param until the latest that one may be had
   * @param waits hears how long others had them meanwhile
   * @return empty where none became free by then
   * @throws UserError where a lock file cannot be used
   */
  public static Optional<DeviceLock> acquire(
      List<String> devices, Deadline until, DeviceWaits waits) {
    return acquire(folder(), devices, until, waits);
  }

  private static Path folder() {
    return Path.of(System.getProperty(PROPERTY, SHARED));
  }

  static Optional<DeviceLock> acquire(
      Path folder, List<String> devices, Deadline until, DeviceWaits waits) {
    ReentrantLock turn = TURNS.computeIfAbsent(devices, same -> new ReentrantLock(true));
    try {
      while (!turn.tryLock(1, TimeUnit.SECONDS)) {
        if (until.isOver()) {
          return Optional.empty();
        }
      }
      try {
        return first(folder, devices, until, waits);
      } finally {
        turn.unlock();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  private static Optional<DeviceLock> first(
      Path folder, List<String> devices, Deadline until, DeviceWaits waits)
      throws InterruptedException {
    List<Path> files =
        devices.stream().map(device -> folder.resolve("tessera-" + device + ".lock")).toList();
    while (!until.isOver()) {
      synchronized (RELEASES) {
        for (int i = 0; i < files.size(); i++) {
          Optional<LockFile> held = tryHold(files.get(i), waits.run());
          if (held.isPresent()) {
            return Optional.of(new DeviceLock(held.get(), i));
          }
        }
        long others = files.stream().filter(file -> !isOf(waits.run(), file)).count();
        long begin = System.nanoTime();
        RELEASES.wait(POLL_MILLIS);
        waits.add(1e-9 * others * (System.nanoTime() - begin));
      }
    }
    return Optional.empty();
  }

  /** Whether a file that is held says so; one that cannot be read is another's. */
  private static boolean isOf(String run, Path file) {
    try {
      return LockFile.signature(file).equals(run);
    } catch (IOException e) {
      return false;
    }
  }

  private static Optional<LockFile> tryHold(Path file, String run) {
    try {
      share(file);
      Optional<LockFile> held = LockFile.tryHold(file);
      held.ifPresent(lock -> sign(lock, run));
      return held;
    } catch (IOException e) {
      throw UserError.of(
          "the lock file " + file + " cannot be written",
          e,
          "remove it, or name another folder, the same for all that use the device, with TESSERA_JAVA_OPTIONS=-D"
              + PROPERTY
              + "=FOLDER");
    }
  }

  /** On a full disk the lock holds without it, and its holder counts as another. */
  private static void sign(LockFile held, String run) {
    try {
      held.sign(run);
    } catch (IOException e) {
      // who waits does not learn whose it is
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
