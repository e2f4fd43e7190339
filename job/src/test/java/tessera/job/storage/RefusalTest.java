package tessera.job.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tessera.UserError;
import tessera.job.Tessera;
import tessera.job.records.RunFolder;
import tessera.storage.Place;

/** Storage that cannot be had: one sentence, before anything is measured. */
@ExtendWith(Hdfs.class)
final class RefusalTest {
  @TempDir private Path folder;

  /** What a command says of its last argument. */
  private static String refusal(String... arguments) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream before = System.err;
    try (PrintStream console = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      System.setErr(console);
      assertEquals(2, Tessera.execute(arguments));
    } finally {
      System.setErr(before);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static String unusedAddress() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return "localhost:" + socket.getLocalPort();
    }
  }

  @Test
  void unknownScheme_isNamed() {
    assertEquals(
        "tessera: nothing here knows the scheme nfs4: of 'nfs4://host/out'; give a path on this machine, or a URI with hdfs: or s3a:\n",
        refusal("inspect", "nfs4://host/out"));
  }

  @Test
  void nameNodeThatIsNotThere_isNamed() throws IOException {
    String address = unusedAddress();
    String bundle = "hdfs://" + address + "/b/latest";
    assertEquals(
        "tessera: "
            + bundle
            + " cannot be read (nothing answers at the host "
            + address
            + "); check its name and its permissions\n",
        refusal("verify", bundle));
  }

  @Test
  void host_thatIsUnknown_isNamed() {
    String sentence = refusal("verify", "hdfs://no-such-host.invalid:8020/b");
    assertTrue(sentence.contains("(the host no-such-host.invalid:8020 is unknown)"), sentence);
  }

  @Test
  void out_thatMayNotBeWritten_isRefusedBeforeTheHardwareIsLookedAt() throws IOException {
    Path workload =
        Files.writeString(
            folder.resolve("w.yaml"),
            "operator: dense\nextents: {m: T, n: 8, k: 8}\nvariables: {T: [1, 2]}\n");
    Place file = Hdfs.folder().resolve("file");
    file.write(new byte[1]);
    String sentence = refusal("tune", workload.toString(), "--out", file.toString());
    assertTrue(
        sentence.contains("tessera: the folder " + file + " of --out cannot be written ("),
        sentence);
    UserError error = assertThrows(UserError.class, () -> RunFolder.check(file.resolve("inner")));
    assertTrue(error.getMessage().endsWith("or give another with --out"), error.getMessage());
  }

  @Test
  void fetch_whatIsNotThere_saysSo() throws IOException {
    Place none = Hdfs.folder().resolve("no bundle");
    assertEquals(
        "tessera: " + none + " does not exist; give the folder that tune printed\n",
        refusal("fetch", none.toString(), folder.resolve("new").toString()));
    none.createFolder();
    assertEquals(
        "tessera: "
            + none
            + " is not a bundle (it has no SHA256SUMS); give the folder that tune printed\n",
        refusal("fetch", none.toString(), folder.resolve("new").toString()));
  }
}
