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
 *
 * <p>The system's locks belong to a process, and are lost when it closes the file, whoever opened
 * it and for whatever (POSIX, fcntl). So this class alone opens such a file, and only where no
 * thread of this process holds it.
 */
public final class LockFile implements AutoCloseable {
  private static final Map<Path, Local> IN_THIS_PROCESS = new ConcurrentHashMap<>();

  private final Local local;
  private final FileChannel channel;

  /** The threads of this process, one of which has the file. */
  private static final class Local extends ReentrantLock {
    private static final long serialVersionUID = 1;

    /** What the holder wrote. */
    private volatile String signature = "";

    Local() {
      super(true);
    }

    /** Also refuses the thread that has the file already, which could else enter twice. */
    boolean tryEnter() {
      return !isHeldByCurrentThread() && tryLock();
    }
  }

  private LockFile(Local local, FileChannel channel) {
    this.local = local;
    this.channel = channel;
  }

  /** Waits until the file is free; makes it where it is missing. */
  public static LockFile hold(Path file) throws IOException {
    Local local = local(file);
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
    Local local = local(file);
    if (!local.tryEnter()) {
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
    local.signature = holder;
    channel.truncate(0);
    channel.write(ByteBuffer.wrap(holder.getBytes(StandardCharsets.UTF_8)), 0);
  }

  /** What the last holder wrote, which may have the file no more; empty where it wrote nothing. */
  public static String signature(Path file) throws IOException {
    Local local = local(file);
    if (!local.tryEnter()) {
      return local.signature;
    }
    try {
      return Files.readString(file);
    } finally {
      local.unlock();
    }
  }

  private static Local local(Path file) {
    return IN_THIS_PROCESS.computeIfAbsent(file.toAbsolutePath().normalize(), name -> new Local());
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
      local.signature = "";
      local.unlock();
    }
  }
}
