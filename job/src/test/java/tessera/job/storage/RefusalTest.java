package tessera.job.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tessera.UserError;
import tessera.job.Ran;
import tessera.job.records.RunFolder;
import tessera.storage.Place;

/** Storage that cannot be had: one sentence, before anything is measured. */
@ExtendWith(Hdfs.class)
final class RefusalTest {
  @TempDir private Path folder;

  private static final int FAULT = 1;
  private static final int MISTAKE = 2;

  /** What a command says. */
  private static String said(int code, String... arguments) {
    Ran ran = Ran.of((Object[]) arguments);
    assertEquals(code, ran.code(), ran.output());
    return ran.err();
  }

  private String workload() throws IOException {
    return Files.writeString(
            folder.resolve("w.yaml"),
            "operator: dense\nextents: {m: T, n: 8, k: 8}\nvariables: {T: [1, 2]}\n")
        .toString();
  }

  private static String unusedAddress() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return "localhost:" + socket.getLocalPort();
    }
  }

  @Test
  void unknownScheme_isNamed() {
    assertEquals(
        "tessera: nothing here knows the scheme nfs4: of 'nfs4://host/out'; give a path on this machine, a URI with hdfs: or s3a:, or add the library of its file system with spark-submit --packages\n",
        said(MISTAKE, "inspect", "nfs4://host/out"));
  }

  @Test
  void nameNodeThatIsNotThere_isAFaultOfTheStorageForEveryCommand() throws IOException {
    String address = unusedAddress();
    String place = "hdfs://" + address + "/out";
    String away =
        "(nothing answers at the host "
            + address
            + "); see that its address is right and that the storage is up\n";
    String here = folder.toString();
    String trace = Files.writeString(folder.resolve("t.csv"), "T\n1\n").toString();
    String cannotBeRead = "tessera: " + place + " cannot be read " + away;
    assertEquals(cannotBeRead, said(FAULT, "verify", place));
    assertEquals(cannotBeRead, said(FAULT, "inspect", place));
    assertEquals(cannotBeRead, said(FAULT, "fetch", place, here + "/new"));
    assertEquals(cannotBeRead, said(FAULT, "retune", "--bundles", place));
    assertEquals(cannotBeRead, said(FAULT, "drift", place, "--trace", trace));
    assertEquals(cannotBeRead, said(FAULT, "tune", workload(), "--warm-from", place));
    assertEquals(
        "tessera: the folder " + place + " of --out cannot be written " + away,
        said(FAULT, "tune", workload(), "--out", place));
    assertEquals(
        "tessera: the roots cannot be merged into " + here + "/all " + away,
        said(FAULT, "merge", place, "--out", here + "/all"));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(
          Set.of("t.csv", "w.yaml"),
          files.map(file -> file.getFileName().toString()).collect(Collectors.toSet()));
    }
  }

  @Test
  void host_thatIsUnknown_isNamed() {
    assertEquals(
        "tessera: hdfs://no-such-host.invalid:8020/b cannot be read (the host no-such-host.invalid:8020"
            + " is unknown); see that its address is right and that the storage is up\n",
        said(FAULT, "verify", "hdfs://no-such-host.invalid:8020/b"));
  }

  @Test
  void uri_withoutAHost_isAMistake() {
    assertEquals(
        "tessera: hdfs:/b cannot be read (the URI names no host, as hdfs://host:8020/path does);"
            + " check its name and its permissions\n",
        said(MISTAKE, "verify", "hdfs:///b"));
  }

  @Test
  void out_thatMayNotBeWritten_isRefusedBeforeTheHardwareIsLookedAt() throws IOException {
    Place file = Hdfs.folder().resolve("file");
    file.write(new byte[1]);
    String sentence = said(MISTAKE, "tune", workload(), "--out", file.toString());
    assertTrue(
        sentence.contains("tessera: the folder " + file + " of --out cannot be written ("),
        sentence);
    UserError error =
        assertThrows(UserError.class, () -> RunFolder.check(file.resolve("inner"), "--bundles"));
    assertTrue(error.getMessage().endsWith("or give another with --bundles"), error.getMessage());
  }

  @Test
  void fetch_whatIsNotThere_saysSo() throws IOException {
    Place none = Hdfs.folder().resolve("no bundle");
    assertEquals(
        "tessera: " + none + " does not exist; give the folder that tune printed\n",
        said(MISTAKE, "fetch", none.toString(), folder.resolve("new").toString()));
    none.createFolder();
    assertEquals(
        "tessera: "
            + none
            + " is not a bundle (it has no SHA256SUMS); give the folder that tune printed\n",
        said(MISTAKE, "fetch", none.toString(), folder.resolve("new").toString()));
  }
}
