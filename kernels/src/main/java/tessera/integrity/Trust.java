package tessera.integrity;

import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.util.List;
import java.util.Optional;
import tessera.Digest;
import tessera.UserError;

/** What must be true of the list of a folder's checksums before any file in it is believed. */
@FunctionalInterface
public interface Trust {
  /**
   * @param sums the list, which names every file with its SHA-256
   * @param signature of the list, where there is one
   * @throws UserError where the list is not believed
   */
  void check(Path folder, byte[] sums, Optional<byte[]> signature);

  /** Believes every list: files are only held to be as they were published, by whomever. */
  static Trust anyone() {
    return (folder, sums, signature) -> {};
  }

  /**
   * Believes the list that was read before.
   *
   * @param digest its SHA-256
   */
  static Trust only(String digest) {
    return (folder, sums, signature) -> {
      if (!Digest.sha256(sums).equals(digest)) {
        throw new UserError(
            folder + " was replaced by another bundle since it was checked; run again");
      }
    };
  }

  /**
   * Believes what one of the keys has signed.
   *
   * @param file public Ed25519 keys in PEM, as {@code openssl pkey -pubout} writes them
   * @throws UserError where there is no such key in it
   */
  static Trust keys(Path file) {
    List<PublicKey> keys = Pem.publicKeys(file);
    return (folder, sums, signature) -> {
      if (signature.isEmpty()) {
        throw new UserError(
            folder
                + " is not signed (it has no "
                + CheckedFolder.SIGNATURE
                + "), and --trust asks for a signature by a key of "
                + file
                + "; publish it with --sign-key");
      }
      if (keys.stream().noneMatch(key -> isSigned(key, sums, signature.get()))) {
        throw new UserError(
            folder
                + " is not signed by a key of "
                + file
                + ": its "
                + CheckedFolder.SIGNATURE
                + " is by another key, or of other files; do not use it");
      }
    };
  }

  private static boolean isSigned(PublicKey key, byte[] sums, byte[] signature) {
    try {
      Signature verifier = Signature.getInstance(Pem.ALGORITHM);
      verifier.initVerify(key);
      verifier.update(sums);
      return verifier.verify(signature);
    } catch (GeneralSecurityException e) {
      return false; // it is no signature at all
    }
  }
}
