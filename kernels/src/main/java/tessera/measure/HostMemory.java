package tessera.measure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;

/** The memory that a process of this machine may use. */
public final class HostMemory {
  private static final List<String> UNITS = List.of("B", "kB", "MB", "GB", "TB", "PB", "EB");

  private HostMemory() {}

  /** The machine's memory, or the limit of this process's control groups where that is less. */
  public static long bytes() {
    return bytes(Path.of("/"));
  }

  /** As {@link #bytes()}, read below another root; the largest long where nothing there says it. */
  static long bytes(Path root) {
    long machine =
        lines(root.resolve("proc/meminfo")).stream()
            .filter(line -> line.matches("MemTotal: +\\d+ kB"))
            .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
            .findFirst()
            .orElse(Long.MAX_VALUE);
    return lines(root.resolve("proc/self/cgroup")).stream()
        .mapToLong(group -> limit(root.resolve("sys/fs/cgroup"), group))
        .reduce(machine, Math::min);
  }

  /** The least limit of a group and those around it, by a line such as {@code 4:memory:/docker}. */
  private static long limit(Path mount, String line) {
    String[] fields = line.split(":", 3);
    if (fields.length == 3 && fields[1].isEmpty()) {
      return least(mount, fields[2], "memory.max");
    }
    if (fields.length == 3 && List.of(fields[1].split(",")).contains("memory")) {
      return least(mount.resolve("memory"), fields[2], "memory.limit_in_bytes");
    }
    return Long.MAX_VALUE;
  }

  /** A group that lies outside of what is mounted here has the mount itself around it. */
  private static long least(Path mount, String group, String file) {
    long least = Long.MAX_VALUE;
    Path folder = mount.resolve(group.substring(group.startsWith("/") ? 1 : 0)).normalize();
    while (folder.startsWith(mount)) {
      least = Math.min(least, number(folder.resolve(file)));
      folder = folder.getParent();
    }
    return Math.min(least, number(mount.resolve(file)));
  }

  /** A limit; {@code max} and what no long holds are none. */
  private static long number(Path file) {
    return lines(file).stream()
        .limit(1)
        .filter(line -> line.strip().matches("\\d{1,18}"))
        .flatMapToLong(line -> LongStream.of(Long.parseLong(line.strip())))
        .findFirst()
        .orElse(Long.MAX_VALUE);
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of();
    }
  }

  /** A number of bytes for people, in powers of 1000: 268.4 GB. */
  public static String words(double bytes) {
    int unit = 0;
    double value = bytes;
    while (value >= 1000 && unit < UNITS.size() - 1) {
      value /= 1000;
      unit++;
    }
    return String.format(Locale.ROOT, unit == 0 ? "%.0f %s" : "%.1f %s", value, UNITS.get(unit));
  }
}
