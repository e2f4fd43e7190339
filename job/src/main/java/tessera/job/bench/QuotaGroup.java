package tessera.job.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A control group with a CPU quota of one core that this process is in until it is closed. */
final class QuotaGroup implements AutoCloseable {
  private static final Path ROOT = Path.of("/sys/fs/cgroup");
  private static final String PROCESSES = "cgroup.procs";

  private final Path group;
  private final Path before;

  private QuotaGroup(Path group, Path before) {
    this.group = group;
    this.before = before;
  }

  /**
   * @throws IOException where this process may not make control groups
   */
  static QuotaGroup join() throws IOException {
    boolean second = Files.exists(ROOT.resolve("cgroup.controllers"));
    Path mount = second ? ROOT : ROOT.resolve("cpu");
    Path before = mount.resolve(present(second ? "0::" : ":cpu"));
    Path group = mount.resolve("tessera-bench-" + ProcessHandle.current().pid());
    if (second) {
      write(mount.resolve("cgroup.subtree_control"), "+cpu");
    }
    Files.createDirectory(group);
    QuotaGroup made = new QuotaGroup(group, before);
    try {
      write(
          group.resolve(second ? "cpu.max" : "cpu.cfs_quota_us"),
          second ? "100000 100000" : "100000");
      write(group.resolve(PROCESSES), "0");
      return made;
    } catch (IOException e) {
      Files.delete(group);
      throw e;
    }
  }

  /** The path of this process's group in the hierarchy whose line has a text. */
  private static String present(String line) throws IOException {
    List<String> lines = Files.readAllLines(Path.of("/proc/self/cgroup"));
    return lines.stream()
        .filter(text -> text.contains(line))
        .map(text -> text.substring(text.lastIndexOf(':') + 2))
        .findFirst()
        .orElseThrow(() -> new IOException("this process is in no control group for CPUs"));
  }

  private static void write(Path file, String text) throws IOException {
    Files.write(file, text.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() throws IOException {
    write(before.resolve(PROCESSES), "0");
    Files.delete(group);
  }
}
