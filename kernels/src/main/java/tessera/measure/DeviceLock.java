package tessera.measure;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Sole use of a device on this host: never two timings at once, whichever thread, executor or
 * process they belong to. Held until closed, and released by the operating system when its holder
 * dies.
 */
public final class DeviceLock implements AutoCloseable {
  private static final Map<String, ReentrantLock> IN_THIS_PROCESS = new ConcurrentHashMap<>();

  private final ReentrantLock local;
  private final FileChannel channel;
  private final FileLock lock;

  private DeviceLock(ReentrantLock local, FileChannel channel, FileLock lock) {
    this.local = local;
    this.channel = channel;
    this.lock = lock;
  }

  /** Waits until the device is free. */
  public static DeviceLock acquire(String device) {
    ReentrantLock local = IN_THIS_PROCESS.computeIfAbsent(device, name -> new ReentrantLock(true));
    local.lock();
    try {
      Path file =
          Path.of(
              System.getProperty("java.io.tmpdir"),
              "tessera-" + System.getProperty("user.name") + "-" + device + ".lock");
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      return new DeviceLock(local, channel, channel.lock());
    } catch (IOException e) {
      local.unlock();
      throw new UncheckedIOException("the lock of device " + device + " cannot be taken", e);
    }
  }

  @Override
  public void close() {
    try (channel) {
      lock.release();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      local.unlock();
    }
  }
}
