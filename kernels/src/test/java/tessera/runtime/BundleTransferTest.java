package tessera.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.Digest;
import tessera.UserError;
import tessera.integrity.CheckedFolder;
import tessera.storage.Place;

/** Bundles of two roots for one workload and hardware. */
final class BundleTransferTest {
  private static final SplittableRandom RANDOM = new SplittableRandom();

  @TempDir private Path folder;

  private Path from() {
    return folder.resolve("from/w/cpu");
  }

  private Path to() {
    return folder.resolve("to/w/cpu");
  }

  private BundleTransfer transfer() {
    return new BundleTransfer(Place.of(from()), Place.of(to()));
  }

  /** A line of the list, and a file that it is true of. */
  private static String line(Path bundle, String name) throws IOException {
    byte[] content = new byte[50];
    RANDOM.nextBytes(content);
    Path file = bundle.resolve(name).normalize();
    Files.createDirectories(file.getParent());
    Files.write(file, content);
    return Digest.sha256(content) + "  " + name + "\n";
  }

  private String refusal(String name, String sums) throws IOException {
    Path bundle = Files.createDirectories(from().resolve(name));
    Files.writeString(bundle.resolve(CheckedFolder.SUMS), sums);
    String message =
        assertThrows(UserError.class, () -> transfer().add(Place.of(bundle))).getMessage();
    assertFalse(Files.exists(folder.resolve("to")), "nothing is written");
    return message.replace(bundle.toString(), "BUNDLE");
  }

  @Test
  void add_listWithANameThatLeadsOut_isRefused() throws IOException {
    String out = line(from().resolve("v0001"), "../../x");
    assertEquals(
        "BUNDLE is corrupt: it lists the name '../../x', and names in it have ASCII letters, digits"
            + " and . _ + - in at most four parts; publish it again",
        refusal("v0001", line(from().resolve("v0001"), "a.so") + out));
  }

  @Test
  void add_damagedList_isRefused() throws IOException {
    String good = line(from().resolve("v0001"), "a.so");
    String other = line(from().resolve("v0001"), "b.so");
    String message =
        "BUNDLE is corrupt: SHA256SUMS is no list of checksums; publish the bundle again";
    assertEquals(message, refusal("v0001", good + "x" + other));
    assertEquals(message, refusal("v0001", good + other.substring(1)));
    assertEquals(message, refusal("v0001", good + other.strip()));
    assertEquals(message, refusal("v0001", ""));
  }
}
