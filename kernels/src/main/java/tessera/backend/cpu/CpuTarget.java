package tessera.backend.cpu;

import java.util.List;
import java.util.Optional;
import tessera.Digest;
import tessera.backend.OperandMemory;
import tessera.backend.Target;

/**
 * The cores of one machine.
 *
 * @param deviceKey by the rule in {@link CpuInfo}
 * @param isa the vector instruction set, by the key of a {@link CpuIsa}
 * @param lanes float32 lanes of a vector register
 * @param registers vector registers
 * @param cores cores that this process may use
 * @param l1Bytes first-level data cache of a core
 * @param l2Bytes second-level cache of a core
 * @param l3Bytes last-level cache
 * @param peakGflops of one core
 */
public record CpuTarget(
    String model,
    String deviceKey,
    String isa,
    int lanes,
    int registers,
    int cores,
    long l1Bytes,
    long l2Bytes,
    long l3Bytes,
    String compiler,
    double peakGflops)
    implements Target {
  public static final String KIND = "cpu";

  /** How the key of a target begins that stands for every processor with its instruction set. */
  static final String ANY = "any:";

  public CpuTarget {
    // older runs and bundles have an older name for the same set
    String older = isa;
    isa = CpuIsa.of(isa).key();
    deviceKey = deviceKey.replaceFirst(":" + older + "$", ":" + isa);
  }

  @Override
  public String kind() {
    return KIND;
  }

  CpuIsa instructions() {
    return CpuIsa.of(isa);
  }

  /**
   * Vectors of a panel of prepared weights (see {@code gemm.c}): the width of the tile that few
   * rows use.
   */
  int panelVectors() {
    return registers >= 32 ? 4 : 3;
  }

  /** Columns of such a panel. */
  int panelColumns() {
    return panelVectors() * lanes;
  }

  /** Whether it stands for every processor with its instruction set, and not for this one alone. */
  boolean narrowed() {
    return deviceKey.startsWith(ANY);
  }

  @Override
  public int distance(Target other) {
    return instructions().distance(CpuIsa.of(other.isa()));
  }

  @Override
  public OperandMemory operandMemory() {
    return OperandMemory.HOST;
  }

  @Override
  public Optional<String> refusal() {
    return CpuInfo.read().refusal(this);
  }

  /** The processors that a narrowed one stands for. */
  @Override
  public Optional<String> reach() {
    return narrowed() ? Optional.of(instructions().everywhere()) : Optional.empty();
  }

  /** What the C compiler is to make code for. */
  String march() {
    return narrowed() ? instructions().march() : "native";
  }

  /** What the C compiler is told for it, beside input and output. */
  List<String> compilerFlags() {
    return List.of(
        "-O3", "-march=" + march(), "-std=gnu11", "-fPIC", "-shared", "-fno-math-errno", "-w");
  }

  /** The same with what only compiled code tells: usable cores, and the speed of one. */
  CpuTarget measured(int usableCores, double gflops) {
    return new CpuTarget(
        model,
        deviceKey,
        isa,
        lanes,
        registers,
        usableCores,
        l1Bytes,
        l2Bytes,
        l3Bytes,
        compiler,
        gflops);
  }

  @Override
  public String fingerprint() {
    // a key without a maker does not tell one machine from another, and times are one machine's
    String machine = narrowed() ? deviceKey + "|" + model : deviceKey;
    return Digest.of(KIND, machine, isa, cores, l1Bytes, l2Bytes, l3Bytes);
  }

  @Override
  public String folder() {
    String which = narrowed() ? "any-" + isa : isa;
    return KIND + "-" + which + "-" + cores + "c-" + fingerprint();
  }
}
