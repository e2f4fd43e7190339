package tessera.job.lock;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import tessera.compile.Account;

/**
 * Who holds a lock.
 *
 * @param since by that host's clock
 */
record Holder(String host, long process, String user, String since) {
  /** This process. */
  static Holder here() {
    return new Holder(
        hostName(),
        ProcessHandle.current().pid(),
        Account.name(),
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
  }

  private static String hostName() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
    } catch (IOException e) {
      return "localhost";
    }
  }

  /** Whether it is a process of this host that has ended. */
  boolean isGone() {
    return host.equals(hostName()) && ProcessHandle.of(process).isEmpty();
  }

  @Override
  public String toString() {
    return "process " + process + " of " + user + " on " + host + " since " + since;
  }
}
