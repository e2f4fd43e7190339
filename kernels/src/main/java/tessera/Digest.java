package tessera;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Collectors;

/** Hexadecimal digests of files and of properties. */
public final class Digest {
  private static final int SHORT = 12;

  private Digest() {}

  /** The SHA-256 of some bytes. */
  public static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /** 12 digits of some properties, in order. */
  public static String of(Object... properties) {
    String text = Arrays.stream(properties).map(String::valueOf).collect(Collectors.joining("|"));
    return sha256(text.getBytes(StandardCharsets.UTF_8)).substring(0, SHORT);
  }
}
