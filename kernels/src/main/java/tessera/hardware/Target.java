package tessera.hardware;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** The hardware that is tuned for, with the limits that size micro-kernels. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
  @JsonSubTypes.Type(value = CpuTarget.class, name = CpuTarget.KIND),
  @JsonSubTypes.Type(value = CudaTarget.class, name = CudaTarget.KIND)
})
public sealed interface Target permits CpuTarget, CudaTarget {
  /** {@code cpu} or {@code cuda}. */
  String kind();

  /** The maker's name of it. */
  String model();

  /**
   * Where machine code made for it is right: on equal hardware, or on all that a name stands for.
   */
  String deviceKey();

  /** The instruction set that micro-kernels are compiled for: avx512, neon, sm_90a. */
  String isa();

  /** The compiler's name and version. */
  String compiler();

  /** Measured float32 multiply-add speed of what runs one timing: a core of a CPU, a whole GPU. */
  double peakGflops();

  /**
   * Equal on equal hardware: everything but what is measured and the compiler, as 12 hexadecimal
   * digits.
   */
  String fingerprint();

  /** A folder name that people can read: {@code cpu-avx512-2c-0a1b2c3d4e5f}. */
  String folder();

  /** Hexadecimal SHA-256. */
  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** 12 hexadecimal digits of some properties. */
  static String digest(Object... properties) {
    StringBuilder text = new StringBuilder();
    for (Object property : properties) {
      text.append(text.isEmpty() ? "" : "|").append(property);
    }
    return sha256(text.toString().getBytes(StandardCharsets.UTF_8)).substring(0, 12);
  }
}
