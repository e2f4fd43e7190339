package tessera.backend.cpu;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tessera.UserError;

/** What Linux says of the processor and its caches. */
public final class CpuInfo {
  private static final Path CACHES = Path.of("/sys/devices/system/cpu/cpu0/cache");
  /* The order in which the C library of a bundle reads the same lines. */
  private static final List<String> KEY_FIELDS =
      List.of("vendor_id", "cpu family", "model", "CPU implementer", "CPU part");

  private final Map<String, String> fields;
  private final CpuIsa isa;
  private final boolean narrowed;

  private CpuInfo(Map<String, String> fields, CpuIsa isa, boolean narrowed) {
    this.fields = fields;
    this.isa = isa;
    this.narrowed = narrowed;
  }

  /**
   * This machine as far as {@link CpuIsa#PROPERTY} lets it be seen.
   *
   * @throws UserError when the property asks for more than there is
   */
  public static CpuInfo read() {
    CpuInfo whole = whole();
    return CpuIsa.asked().map(whole::narrowedTo).orElse(whole);
  }

  /** This machine with all that it has. */
  public static CpuInfo whole() {
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
    List<String> flags =
        List.of(fields.getOrDefault("flags", fields.getOrDefault("Features", "")).split(" "));
    return new CpuInfo(fields, CpuIsa.widest(flags), false);
  }

  /**
   * The same with a smaller instruction set. Its own widest is the whole machine, unless other
   * processors that have the set are to run the code too.
   *
   * @throws UserError when this processor lacks the set
   */
  CpuInfo narrowedTo(CpuIsa wanted) {
    if (!isa.covers(wanted)) {
      throw new UserError(
          "this processor ("
              + model()
              + ") lacks "
              + wanted.words()
              + "; the widest instruction set to ask for here is "
              + isa.key());
    }
    return wanted.narrows() ? new CpuInfo(fields, wanted, true) : this;
  }

  public String model() {
    return fields.getOrDefault("model name", System.getProperty("os.arch"));
  }

  /**
   * Maker, family and model, joined by ':', with the vector instruction set at the end; of a
   * narrowed machine {@code any} and the set.
   */
  public String deviceKey() {
    if (narrowed) {
      return CpuTarget.ANY + isa.key();
    }
    StringBuilder key = new StringBuilder();
    KEY_FIELDS.stream()
        .filter(fields::containsKey)
        .forEach(field -> key.append(fields.get(field)).append(':'));
    return key + isa.key();
  }

  /** The widest vector instruction set that micro-kernels use. */
  public CpuIsa isa() {
    return isa;
  }

  /** Why what was made for a target does not run here; empty where it does. As in program.c. */
  Optional<String> refusal(CpuTarget made) {
    if (made.narrowed()) {
      return isa.covers(made.instructions())
          ? Optional.empty()
          : Optional.of(
              "needs " + made.instructions().words() + ", which this processor lacks: " + model());
    }
    return deviceKey().equals(made.deviceKey())
        ? Optional.empty()
        : Optional.of(
            "was made for "
                + made.model()
                + " with "
                + made.instructions().words()
                + ", this is "
                + model()
                + " with "
                + isa.words());
  }

  /** Bytes of a cache of cpu 0; a usual size where the system does not say. */
  static long cacheBytes(int level) {
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
