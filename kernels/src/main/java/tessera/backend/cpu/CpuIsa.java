package tessera.backend.cpu;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import tessera.UserError;

/** The vector instruction sets that CPU micro-kernels are compiled for, the widest first. */
public enum CpuIsa {
  AVX512(
      "avx512",
      "AVX-512",
      "x86-64-v4",
      16,
      32,
      "avx512f avx512dq avx512vl avx2 fma bmi1 bmi2 ssse3 sse4_1 sse4_2 popcnt"),
  AVX2("avx2", "AVX2", "x86-64-v3", 8, 16, "avx2 fma bmi1 bmi2 ssse3 sse4_1 sse4_2 popcnt"),
  X86_64_V2("x86-64-v2", "SSE4.2", "x86-64-v2", 4, 16, "ssse3 sse4_1 sse4_2 popcnt"),
  NEON("neon", "NEON", "armv8-a", 4, 32, "asimd"),
  /** A processor with none of these: the compiler's own vectors of four lanes. */
  GENERIC("generic", "no known vector instructions", "native", 4, 16, "");

  /** The system property that narrows what is seen of this machine. */
  public static final String PROPERTY = "tessera.isa";

  private static final String OLD_X86_64_V2 = "sse2";

  private final String key;
  private final String words;
  private final String march;
  private final int lanes;
  private final int registers;
  private final List<String> flags;

  /**
   * @param flags by which Linux says that a processor has it. What else its {@code march} takes
   *     (lzcnt, movbe, f16c of x86-64-v3) every processor has that has these; program.c checks the
   *     same.
   */
  CpuIsa(String key, String words, String march, int lanes, int registers, String flags) {
    this.key = key;
    this.words = words;
    this.march = march;
    this.lanes = lanes;
    this.registers = registers;
    this.flags = List.of(flags.split(" "));
  }

  /** By its key, or by the one that manifests and runs had before. */
  static CpuIsa of(String key) {
    return known(key)
        .orElseThrow(() -> new IllegalArgumentException("no instruction set is called " + key));
  }

  /**
   * By its key, as a person gave it.
   *
   * @param where the option or property
   * @throws UserError when no set that can be asked for has it
   */
  static CpuIsa asked(String where, String key) {
    return known(key)
        .filter(isa -> isa != GENERIC && isa.key.equals(key))
        .orElseThrow(
            () ->
                new UserError(
                    where
                        + " takes avx512, avx2 and x86-64-v2 on x86-64, and neon on AArch64, not '"
                        + key
                        + "'"));
  }

  /** What the property asks for. */
  public static Optional<CpuIsa> asked() {
    return Optional.ofNullable(System.getProperty(PROPERTY))
        .map(key -> asked("the property " + PROPERTY, key));
  }

  private static Optional<CpuIsa> known(String key) {
    String now = key.equals(OLD_X86_64_V2) ? X86_64_V2.key : key;
    return Arrays.stream(values()).filter(isa -> isa.key.equals(now)).findFirst();
  }

  /** The widest of a processor with these flags. */
  static CpuIsa widest(Collection<String> flags) {
    return Arrays.stream(values())
        .filter(isa -> flags.containsAll(isa.flags))
        .findFirst()
        .orElse(GENERIC);
  }

  /** avx512, avx2, x86-64-v2, neon. */
  public String key() {
    return key;
  }

  /** Its name for people. */
  public String words() {
    return words;
  }

  /** What GCC and Clang call the least processor that has it. */
  String march() {
    return march;
  }

  /** float32 lanes of a vector register. */
  int lanes() {
    return lanes;
  }

  /** Vector registers. */
  public int registers() {
    return registers;
  }

  /** Whether code for one processor may be narrowed to it, so that others run it too. */
  boolean narrows() {
    return this == AVX2 || this == X86_64_V2;
  }

  /** Whether a processor whose widest set is this one has the other too. */
  public boolean covers(CpuIsa other) {
    return this == other || isX86() && other.isX86() && compareTo(other) < 0;
  }

  /** Steps between two sets; sets of unlike processors are further apart than any of one. */
  int distance(CpuIsa other) {
    int steps = Math.abs(ordinal() - other.ordinal());
    return isX86() == other.isX86() ? steps : steps + values().length;
  }

  private boolean isX86() {
    return compareTo(X86_64_V2) <= 0;
  }

  /** All processors that have it. */
  String everywhere() {
    return "every " + (isX86() ? "x86-64" : "AArch64") + " processor with " + words;
  }
}
