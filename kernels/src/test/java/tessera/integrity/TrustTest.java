package tessera.integrity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import tessera.Digest;
import tessera.UserError;
import tessera.compile.Subprocess;

/** Keys and signatures, beside those of OpenSSL. */
final class TrustTest {
  @TempDir private Path folder;

  @BeforeEach
  void makeKeys() throws IOException {
    assumeTrue(
        openssl("version").exitCode() == 0, "openssl is not installed (apt-get install openssl)");
    for (String name : List.of("mine", "other")) {
      openssl("genpkey -algorithm ed25519 -out " + name + ".pem");
      openssl("pkey -in " + name + ".pem -pubout -out " + name + ".pub");
    }
    Files.writeString(folder.resolve("file"), "content\n");
    Files.writeString(
        folder.resolve(CheckedFolder.SUMS), Digest.sha256(folder.resolve("file")) + "  file\n");
  }

  private Subprocess.Result openssl(String arguments) throws IOException {
    return Subprocess.run(
        List.of("sh", "-c", "exec openssl " + arguments), folder, Duration.ofSeconds(60));
  }

  private byte[] sums() throws IOException {
    return Files.readAllBytes(folder.resolve(CheckedFolder.SUMS));
  }

  private void sign(byte[] content, String key) throws IOException {
    Files.write(
        folder.resolve(CheckedFolder.SIGNATURE),
        SigningKey.read(folder.resolve(key)).sign(content));
  }

  private String refusal(Trust trust) {
    return assertThrows(UserError.class, () -> CheckedFolder.open(folder, trust)).getMessage();
  }

  private static String refusalOf(Executable reading) {
    return assertThrows(UserError.class, reading).getMessage();
  }

  @Test
  void sign_anyContent_isWhatOpenSslSignsAndVerifies() throws IOException {
    sign(sums(), "mine.pem");
    String verify = "pkeyutl -verify -rawin -pubin -in SHA256SUMS -sigfile SHA256SUMS.sig -inkey ";
    assertEquals(0, openssl(verify + "mine.pub").exitCode());
    assertEquals(1, openssl(verify + "other.pub").exitCode());
    openssl("pkeyutl -sign -rawin -inkey mine.pem -in SHA256SUMS -out theirs.sig");
    assertArrayEquals(
        Files.readAllBytes(folder.resolve("theirs.sig")),
        Files.readAllBytes(folder.resolve(CheckedFolder.SIGNATURE)));
  }

  @Test
  void open_signedByAKeyOfTheFile_isTrusted() throws IOException {
    sign(sums(), "mine.pem");
    Path both = folder.resolve("both.pub");
    Files.writeString(
        both,
        Files.readString(folder.resolve("other.pub"))
            + Files.readString(folder.resolve("mine.pub")));
    for (Path keys : List.of(folder.resolve("mine.pub"), both)) {
      CheckedFolder checked = CheckedFolder.open(folder, Trust.keys(keys));
      checked.checkAll();
      assertEquals("content\n", new String(checked.bytes("file", 8), StandardCharsets.UTF_8));
    }
  }

  @Test
  void open_anotherSignatureOrNone_isRefused() throws IOException {
    Trust mine = Trust.keys(folder.resolve("mine.pub"));
    assertTrue(refusal(mine).contains(" is not signed (it has no SHA256SUMS.sig)"));
    sign(sums(), "other.pem");
    assertTrue(refusal(mine).contains(" is not signed by a key of "));
    sign("something else".getBytes(StandardCharsets.UTF_8), "mine.pem");
    assertTrue(refusal(mine).contains(" is not signed by a key of "));
    Files.write(folder.resolve(CheckedFolder.SIGNATURE), new byte[] {1, 2, 3});
    assertTrue(refusal(mine).contains(" is not signed by a key of "));
    Files.write(folder.resolve(CheckedFolder.SIGNATURE), new byte[65]);
    assertTrue(refusal(mine).contains("SHA256SUMS.sig has more than 64 bytes"));
  }

  @Test
  void open_anotherListThanBefore_isRefused() throws IOException {
    String digest = CheckedFolder.open(folder, Trust.anyone()).digest();
    CheckedFolder.open(folder, Trust.only(digest));
    Files.writeString(folder.resolve(CheckedFolder.SUMS), Digest.sha256(new byte[0]) + "  file\n");
    assertEquals(
        folder + " was replaced by another bundle since it was checked; run again",
        refusal(Trust.only(digest)));
  }

  @Test
  void read_whatIsNoEd25519Key_saysHowToMakeOne() throws IOException {
    openssl("genpkey -algorithm X25519 -out x.pem");
    openssl("pkey -in x.pem -pubout -out x.pub");
    openssl("pkey -in mine.pem -aes256 -passout pass:word -out locked.pem");
    Path nowhere = folder.resolve("nowhere");
    assertEquals(
        "the key " + nowhere + " cannot be read (" + nowhere + " does not exist); check its path",
        refusalOf(() -> SigningKey.read(nowhere)));
    assertTrue(
        refusalOf(() -> SigningKey.read(folder.resolve("mine.pub")))
            .endsWith(
                "mine.pub has no private key in PEM; make one with openssl genpkey -algorithm ed25519 -out KEYFILE"));
    assertTrue(
        refusalOf(() -> SigningKey.read(folder.resolve("x.pem"))).contains(" is no Ed25519 key; "));
    assertTrue(
        refusalOf(() -> SigningKey.read(folder.resolve("locked.pem")))
            .contains("locked.pem is protected by a password"));
    assertTrue(
        refusalOf(() -> Trust.keys(folder.resolve("mine.pem")))
            .endsWith(
                "mine.pem has no public key in PEM; make one with openssl pkey -in KEYFILE -pubout -out PUBKEYFILE"));
    assertTrue(
        refusalOf(() -> Trust.keys(folder.resolve("x.pub")))
            .contains("x.pub has a public key that is no Ed25519 key; "));
    assertTrue(refusalOf(() -> Trust.keys(folder)).contains(" is no file with a key in PEM"));
  }
}
