package tessera.hardware;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What Linux says of the processor and its caches. */
public final class CpuInfo {
  private static final Path CACHES = Path.of("/sys/devices/system/cpu/cpu0/cache");
  /* The order in which the C library of a bundle reads the same lines. */
  private static final List<String> KEY_FIELDS =
      List.of("vendor_id", "cpu family", "model", "CPU implementer", "CPU part");

  private final Map<String, String> fields;

  private CpuInfo(Map<String, String> fields) {
    this.fields = fields;
  }

  public static CpuInfo read() {
    return parse(readLines(Path.of("/proc/cpuinfo")));
  }

  /** Of the text of /proc/cpuinfo, the first processor. */
  static CpuInfo parse(List<String> lines) {
    Map<String, String> fields = new LinkedHashMap<>();
    for (String line : lines) {
      int colon = line.indexOf(':');
      if (colon < 0) {
        break;
      }
      fields.putIfAbsent(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
    }
    return new CpuInfo(fields);
  }

  public String model() {
    return fields.getOrDefault("model name", System.getProperty("os.arch"));
  }

  /** Maker, family and model, joined by ':', with the vector instruction set at the end. */
  public String deviceKey() {
    StringBuilder key = new StringBuilder();
    KEY_FIELDS.stream()
        .filter(fields::containsKey)
        .forEach(field -> key.append(fields.get(field)).append(':'));
    return key + isa();
  }

  /** The widest vector instruction set that micro-kernels use. */
  public String isa() {
    List<String> flags =
        List.of(fields.getOrDefault("flags", fields.getOrDefault("Features", "")).split(" "));
    if (flags.containsAll(List.of("avx512f", "avx512dq", "avx512vl", "fma"))) {
      return "avx512";
    }
    if (flags.contains("avx2") && flags.contains("fma")) {
      return "avx2";
    }
    return flags.contains("asimd") ? "neon" : "sse2";
  }

  public int lanes() {
    return switch (isa()) {
      case "avx512" -> 16;
      case "avx2" -> 8;
      default -> 4;
    };
  }

  public int registers() {
    return switch (isa()) {
      case "avx512", "neon" -> 32;
      default -> 16;
    };
  }

  /** Bytes of a cache of cpu 0; a usual size where the system does not say. */
  public static long cacheBytes(int level) {
    for (int index = 0; index < 8; index++) {
      Path cache = CACHES.resolve("index" + index);
      if (!Files.isDirectory(cache)) {
        break;
      }
      boolean instructions = first(cache.resolve("type")).equals("Instruction");
      if (!instructions && first(cache.resolve("level")).equals("" + level)) {
        return bytes(first(cache.resolve("size")));
      }
    }
    return level == 1 ? 32 << 10 : level == 2 ? 512 << 10 : 8 << 20;
  }

  private static long bytes(String size) {
    long unit = size.endsWith("K") ? 1 << 10 : size.endsWith("M") ? 1 << 20 : 1;
    return unit * Long.parseLong(size.replaceAll("\\D", ""));
  }

  private static String first(Path file) {
    List<String> lines = readLines(file);
    return lines.isEmpty() ? "" : lines.get(0).strip();
  }

  private static List<String> readLines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of();
    }
  }
}
