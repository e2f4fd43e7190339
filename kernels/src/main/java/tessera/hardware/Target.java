package tessera.hardware;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The hardware that is tuned for, with the limits that size micro-kernels.
 *
 * @param kind {@code cpu}
 * @param model the maker's name of it
 * @param deviceKey what must be equal for machine code tuned here to be right and fast elsewhere,
 *     by the rule in {@link CpuInfo}
 * @param isa the widest vector instruction set: avx512, avx2, sse2, neon
 * @param lanes float32 lanes of a vector register
 * @param registers vector registers
 * @param cores cores that this process may use
 * @param l1Bytes first-level data cache of a core
 * @param l2Bytes second-level cache of a core
 * @param l3Bytes last-level cache
 * @param compiler the C compiler's name and version
 * @param peakGflops measured float32 multiply-add speed of one core
 */
public record Target(
    String kind,
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
    double peakGflops) {

  /**
   * Equal on equal hardware: everything but what is measured and the compiler, as 12 hexadecimal
   * digits.
   */
  public String fingerprint() {
    String text =
        String.join(
            "|", kind, deviceKey, isa, "" + cores, "" + l1Bytes, "" + l2Bytes, "" + l3Bytes);
    return sha256(text.getBytes(StandardCharsets.UTF_8)).substring(0, 12);
  }

  /** A folder name that people can read: {@code cpu-avx512-2c-0a1b2c3d4e5f}. */
  public String folder() {
    return kind + "-" + isa + "-" + cores + "c-" + fingerprint();
  }

  /** Hexadecimal SHA-256. */
  public static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
