package tessera.compile;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A file that one thread of one process on this host holds at a time, until it closes it or its
 * process dies.
 */
public final class LockFile implements AutoCloseable {
  private static final Map<Path, ReentrantLock> IN_THIS_PROCESS = new ConcurrentHashMap<>();

  private final ReentrantLock local;
  private final FileChannel channel;

  private LockFile(ReentrantLock local, FileChannel channel) {
    this.local = local;
    this.channel = channel;
  }

  /** Waits until the file is free; makes it where it is missing. */
  public static LockFile hold(Path file) throws IOException {
    ReentrantLock local = local(file);
    local.lock();
    try {
      FileChannel channel = open(file);
      try {
        channel.lock();
        return new LockFile(local, channel);
      } catch (IOException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      local.unlock();
      throw e;
    }
  }

  /** Holds the file where it is free; makes it where it is missing. */
  public static Optional<LockFile> tryHold(Path file) throws IOException {
    ReentrantLock local = local(file);
    if (local.isHeldByCurrentThread() || !local.tryLock()) {
      return Optional.empty();
    }
    LockFile held = null;
    try {
      FileChannel channel = open(file);
      try {
        if (channel.tryLock() != null) {
          held = new LockFile(local, channel);
        }
      } finally {
        if (held == null) {
          channel.close();
        }
      }
    } finally {
      if (held == null) {
        local.unlock();
      }
    }
    return Optional.ofNullable(held);
  }

  /** Says who holds it, to those that read the file. */
  public void sign(String holder) throws IOException {
    channel.truncate(0);
    channel.write(ByteBuffer.wrap(holder.getBytes(StandardCharsets.UTF_8)), 0);
  }

  private static ReentrantLock local(Path file) {
    return IN_THIS_PROCESS.computeIfAbsent(
        file.toAbsolutePath().normalize(), name -> new ReentrantLock(true));
  }

  private static FileChannel open(Path file) throws IOException {
    // Linux refuses to create in a shared folder what another user has created there, even to root
    OpenOption[] options =
        Files.exists(file)
            ? new OpenOption[] {StandardOpenOption.WRITE}
            : new OpenOption[] {StandardOpenOption.CREATE, StandardOpenOption.WRITE};
    return FileChannel.open(file, options);
  }

  /** Closing the channel releases the lock. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      local.unlock();
    }
  }
}
