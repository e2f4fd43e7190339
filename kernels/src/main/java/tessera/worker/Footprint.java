package tessera.worker;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import tessera.measure.HostMemory;

/**
 * What the system says of another process: the memory that it holds, and whether it is stopped.
 *
 * <p>Memory is watched and not limited by {@code ulimit -v}, since CUDA reserves far more addresses
 * than it uses.
 */
final class Footprint {
  /** Of a process that was not started. */
  static final Footprint UNKNOWN = new Footprint(-1, Long.MAX_VALUE);

  /** To look takes 50 us, and somebody may be timing. */
  private static final int LOOKS = 5;

  /** Of a stopped process, until it is given up: a second and more. */
  private static final int MOST_STOPPED = 10;

  private final Path status;
  private final long mostBytes;
  private int looks;
  private int stoppedLooks;
  private boolean exceeded;

  /**
   * @param mostBytes that the process may hold
   */
  Footprint(long process, long mostBytes) {
    this.status = Path.of("/proc", "" + process, "status");
    this.mostBytes = mostBytes;
  }

  /**
   * What to say of a process that holds more than it may, or that a signal keeps from running;
   * asked many times a second.
   */
  Optional<String> fault() {
    if (looks++ % LOOKS != 0) {
      return Optional.empty();
    }
    List<String> lines = status();
    long held = bytes(lines);
    exceeded = held > mostBytes;
    stoppedLooks = isStopped(lines) ? stoppedLooks + 1 : 0;
    if (exceeded) {
      return Optional.of(
          "it held "
              + HostMemory.words(held)
              + " of memory, more than the "
              + HostMemory.words(mostBytes)
              + " that it may");
    }
    return hadStopped() ? Optional.of("a signal had stopped it") : Optional.empty();
  }

  boolean exceeded() {
    return exceeded;
  }

  /** Whether a signal from outside kept the process from running for more than a moment. */
  boolean hadStopped() {
    return stoppedLooks >= MOST_STOPPED;
  }

  private static boolean isStopped(List<String> status) {
    return status.stream().anyMatch(line -> line.matches("State:\\s+T.*"));
  }

  private static long bytes(List<String> status) {
    return status.stream()
        .filter(line -> line.startsWith("VmRSS:") || line.startsWith("VmSwap:"))
        .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
        .sum();
  }

  /** Nothing of a process that is gone. */
  private List<String> status() {
    try {
      // the process's name may be in any encoding
      return Files.readAllLines(status, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return List.of();
    }
  }
}
