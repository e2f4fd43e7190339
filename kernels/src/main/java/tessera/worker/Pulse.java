package tessera.worker;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import tessera.compile.TemporaryFiles;

/**
 * A few bytes of memory that a worker process shares with its parent: which function of a request
 * it works on, and how many steps it has done. The parent sees from them that a process hangs, and
 * which function took it down. To write them takes a few nanoseconds and disturbs no timing.
 */
public final class Pulse implements AutoCloseable {
  /** No function in particular. */
  public static final int NONE = -1;

  /** The environment variable that names the shared file to a worker process. */
  private static final String FILE = "TESSERA_PULSE";

  private static final int BYTES = 16;
  private static final int STEPS = 8;
  private static final VarHandle INT =
      MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());
  private static final VarHandle LONG =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private final Path file;
  private final ByteBuffer memory;

  private Pulse(Path file, ByteBuffer memory) {
    this.file = file;
    this.memory = memory;
  }

  /** That of a new worker process, in a file of its own. */
  static Pulse create() throws IOException {
    Path file = TemporaryFiles.file("tessera-pulse");
    try {
      Files.write(file, new byte[BYTES]);
      Pulse pulse = new Pulse(file, map(file));
      pulse.at(NONE);
      return pulse;
    } catch (IOException e) {
      TemporaryFiles.delete(file);
      throw e;
    }
  }

  /** That of this worker process; one that nobody looks at where it has no parent. */
  static Pulse ofThisProcess() throws IOException {
    String file = System.getenv(FILE);
    return file == null ? unseen() : new Pulse(Path.of(file), map(Path.of(file)));
  }

  /** Removes the file of this worker process, when its parent is not left to. */
  static void deleteOwn() {
    Optional.ofNullable(System.getenv(FILE)).map(Path::of).ifPresent(TemporaryFiles::delete);
  }

  /** One that nobody looks at. */
  public static Pulse unseen() {
    return new Pulse(Path.of(""), ByteBuffer.allocateDirect(BYTES).order(ByteOrder.nativeOrder()));
  }

  private static ByteBuffer map(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      return channel.map(FileChannel.MapMode.READ_WRITE, 0, BYTES).order(ByteOrder.nativeOrder());
    }
  }

  /** The environment of the worker process that beats here. */
  Map<String, String> environment() {
    return Map.of(FILE, file.toString());
  }

  /**
   * A step begins.
   *
   * @param function its index in the request, or {@link #NONE}
   */
  public void at(int function) {
    INT.setVolatile(memory, 0, function);
    LONG.setVolatile(memory, STEPS, steps() + 1);
  }

  /** The function of the latest step. */
  public int function() {
    return (int) INT.getVolatile(memory, 0);
  }

  long steps() {
    return (long) LONG.getVolatile(memory, STEPS);
  }

  /** For C: from byte 0 an int32, the function; from byte 8 an int64, the steps. */
  public ByteBuffer memory() {
    return memory;
  }

  /** The parent's file goes; memory that is mapped stays until nobody uses it. */
  @Override
  public void close() {
    TemporaryFiles.delete(file);
  }
}
