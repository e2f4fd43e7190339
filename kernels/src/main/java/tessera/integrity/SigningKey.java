package tessera.integrity;

import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import tessera.UserError;

/** A private Ed25519 key that signs bundles. It stays in the process that read it. */
public final class SigningKey {
  private final PrivateKey key;

  private SigningKey(PrivateKey key) {
    this.key = key;
  }

  /**
   * @param file PKCS#8 in PEM, as {@code openssl genpkey -algorithm ed25519} writes it
   * @throws UserError where it has no such key
   */
  public static SigningKey read(Path file) {
    return new SigningKey(Pem.privateKey(file));
  }

  /** The signature, of 64 bytes. */
  public byte[] sign(byte[] content) {
    try {
      Signature signer = Signature.getInstance(Pem.ALGORITHM);
      signer.initSign(key);
      signer.update(content);
      return signer.sign();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java signs by " + Pem.ALGORITHM, e);
    }
  }
}
