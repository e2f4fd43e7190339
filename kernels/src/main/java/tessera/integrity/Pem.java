package tessera.integrity;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tessera.UserError;

/** Files of Ed25519 keys as OpenSSL writes them. */
final class Pem {
  static final String ALGORITHM = "Ed25519";

  /** A key takes a few hundred bytes. */
  private static final int MOST_BYTES = 1 << 16;

  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----([A-Za-z0-9+/=\\s]*)-----END \\1-----");

  private static final String MAKE_PRIVATE =
      "; make one with openssl genpkey -algorithm ed25519 -out KEYFILE";

  private static final String MAKE_PUBLIC =
      "; make one with openssl pkey -in KEYFILE -pubout -out PUBKEYFILE";

  private Pem() {}

  static PrivateKey privateKey(Path file) {
    String text = text(file);
    if (text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----")) {
      throw new UserError(
          "the signing key "
              + file
              + " is protected by a password, which nobody is asked for here; give one without, in a file that you alone can read");
    }
    List<byte[]> found = blocks(text, "PRIVATE KEY");
    if (found.size() != 1) {
      throw new UserError("the signing key " + file + " has no private key in PEM" + MAKE_PRIVATE);
    }
    try {
      return KeyFactory.getInstance(ALGORITHM)
          .generatePrivate(new PKCS8EncodedKeySpec(found.get(0)));
    } catch (GeneralSecurityException e) {
      throw new UserError("the signing key " + file + " is no Ed25519 key" + MAKE_PRIVATE, e);
    }
  }

  static List<PublicKey> publicKeys(Path file) {
    List<PublicKey> keys = new ArrayList<>();
    for (byte[] block : blocks(text(file), "PUBLIC KEY")) {
      try {
        keys.add(KeyFactory.getInstance(ALGORITHM).generatePublic(new X509EncodedKeySpec(block)));
      } catch (GeneralSecurityException e) {
        throw new UserError(file + " has a public key that is no Ed25519 key" + MAKE_PUBLIC, e);
      }
    }
    if (keys.isEmpty()) {
      throw new UserError(file + " has no public key in PEM" + MAKE_PUBLIC);
    }
    return keys;
  }

  private static String text(Path file) {
    try {
      if (Files.isDirectory(file) || Files.size(file) > MOST_BYTES) {
        throw new UserError(file + " is no file with a key in PEM; give one that openssl made");
      }
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw UserError.of("the key " + file + " cannot be read", e, "check its path");
    }
  }

  private static List<byte[]> blocks(String text, String kind) {
    List<byte[]> found = new ArrayList<>();
    Matcher block = BLOCK.matcher(text);
    while (block.find()) {
      if (block.group(1).equals(kind)) {
        found.add(Base64.getMimeDecoder().decode(block.group(2)));
      }
    }
    return found;
  }
}
