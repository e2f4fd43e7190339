package tessera.hardware;

/**
 * The cores of one machine.
 *
 * @param deviceKey by the rule in {@link CpuInfo}
 * @param isa the widest vector instruction set: avx512, avx2, sse2, neon
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

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public String fingerprint() {
    return Target.digest(KIND, deviceKey, isa, cores, l1Bytes, l2Bytes, l3Bytes);
  }

  @Override
  public String folder() {
    return KIND + "-" + isa + "-" + cores + "c-" + fingerprint();
  }
}
