package tessera.worker;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import tessera.measure.HostMemory;

/**
 * The memory that another process holds, as the kernel counts it.
 *
 * <p>It is watched and not limited by {@code ulimit -v}, since CUDA reserves far more addresses
 * than it uses.
 */
final class Footprint {
  /** Of a process that was not started. */
  static final Footprint UNKNOWN = new Footprint(-1, Long.MAX_VALUE);

  /** To look takes 50 us, and somebody may be timing. */
  private static final int LOOKS = 5;

  private final Path status;
  private final long mostBytes;
  private int looks;
  private boolean exceeded;

  /**
   * @param mostBytes that the process may hold
   */
  Footprint(long process, long mostBytes) {
    this.status = Path.of("/proc", "" + process, "status");
    this.mostBytes = mostBytes;
  }

  /** What to say of a process that holds more than it may; asked many times a second. */
  Optional<String> excess() {
    if (looks++ % LOOKS != 0) {
      return Optional.empty();
    }
    long held = bytes();
    exceeded = held > mostBytes;
    return exceeded
        ? Optional.of(
            "it held "
                + HostMemory.words(held)
                + " of memory, more than the "
                + HostMemory.words(mostBytes)
                + " that it may")
        : Optional.empty();
  }

  boolean exceeded() {
    return exceeded;
  }

  private long bytes() {
    try {
      // the process's name may be in any encoding
      return Files.readAllLines(status, StandardCharsets.ISO_8859_1).stream()
          .filter(line -> line.startsWith("VmRSS:") || line.startsWith("VmSwap:"))
          .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
          .sum();
    } catch (IOException e) {
      return 0; // it is gone
    }
  }
}
