package tessera.integrity;

import com.sun.jna.LastErrorException;
import com.sun.jna.Library;
import com.sun.jna.Native;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import tessera.Digest;
import tessera.UserError;

/**
 * A shared library in memory of this process that nothing can change any more: what is loaded is
 * what was checked, whatever happens to the file that it was read from.
 */
public final class SealedLibrary {
  /** By content, since a second copy in a process would have threads and memory of its own. */
  private static final Map<String, String> PATHS = new ConcurrentHashMap<>();

  private static final int CLOSE_ON_EXEC = 1;
  private static final int ALLOW_SEALING = 2;
  private static final int ADD_SEALS = 1033;

  /** Against more seals, shrinking, growing and writing. */
  private static final int ALL_SEALS = 0xf;

  /** Of the C library. */
  interface System extends Library {
    int memfd_create(String name, int flags) throws LastErrorException;

    int fcntl(int descriptor, int command, Object... argument) throws LastErrorException;
  }

  private SealedLibrary() {}

  /**
   * A path at which this process, and it alone, can load the library for as long as it lives.
   *
   * @throws UserError where the system has no such memory
   */
  public static String path(byte[] content) {
    return PATHS.computeIfAbsent(Digest.sha256(content), digest -> sealed(content));
  }

  /** The descriptor stays open: the loader knows a library by its path, which has its number. */
  private static String sealed(byte[] content) {
    try {
      System system = Native.load("c", System.class);
      int memory = system.memfd_create("libtessera.so", CLOSE_ON_EXEC | ALLOW_SEALING);
      String path = "/proc/self/fd/" + memory;
      Files.write(Path.of(path), content);
      system.fcntl(memory, ADD_SEALS, ALL_SEALS);
      return path;
    } catch (LastErrorException | UnsatisfiedLinkError | IOException e) {
      throw new UserError(
          "a checked library cannot be put into sealed memory ("
              + e.getMessage()
              + "); this needs Linux 3.17, glibc 2.27 and /proc, and a process that may use memfd_create",
          e);
    }
  }
}
