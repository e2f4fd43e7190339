package tessera.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
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

  /** A bundle where it comes from, which {@code latest} names there. */
  private Place published(String version) throws IOException {
    Path bundle = from().resolve(version);
    String sums = line(bundle, "a.so");
    byte[] manifest = ("{\"created\": \"" + version + "\"}").getBytes(StandardCharsets.UTF_8);
    Files.write(bundle.resolve(Bundle.MANIFEST), manifest);
    sums += Digest.sha256(manifest) + "  " + Bundle.MANIFEST + "\n";
    Files.writeString(bundle.resolve(CheckedFolder.SUMS), sums);
    new Versions(Place.of(from())).pointLatest(version);
    return Place.of(bundle);
  }

  private Optional<String> latest() throws IOException {
    return new Versions(Place.of(to())).latest();
  }

  @Test
  void add_contentIsThere_returnsItsPlaceSoThatLatestCanNameIt() throws IOException {
    Place version = published("v0003");
    Place there = Place.of(to().resolve("v0001"));
    assertEquals(new BundleTransfer.Added(there, true), transfer().add(version));
    assertEquals(Optional.empty(), latest(), "as where a merge is killed between the two");
    BundleTransfer.Added again = transfer().add(version);
    assertEquals(new BundleTransfer.Added(there, false), again);
    transfer().pointLatest(version, again.place());
    assertEquals(Optional.of("v0001"), latest());
    transfer().pointLatest(version, again.place());
    assertEquals(Optional.of("v0001"), latest());
  }

  @Test
  void add_withdrawnSince_isWithdrawnHereToo() throws IOException {
    for (String name : List.of("v0001", "v0002")) {
      Place version = published(name);
      transfer().pointLatest(version, transfer().add(version).place());
    }
    Place first = Place.of(from().resolve("v0001"));
    Place second = Place.of(from().resolve("v0002"));
    assertEquals(Optional.of("v0002"), latest());
    BundleWriter.withdraw(second, "it hangs");
    Place there = Place.of(to().resolve("v0002"));
    assertEquals(new BundleTransfer.Added(there, false), transfer().add(second));
    assertEquals(Optional.of("it hangs"), Versions.fault(there));
    assertEquals(Optional.of("v0001"), latest());
    assertTrue(Versions.fault(transfer().add(first).place()).isEmpty());
  }

  /** The fault that is known here stays as it is, and latest does not come back to it. */
  @Test
  void pointLatest_withdrawnHere_isLeftOut() throws IOException {
    Place version = published("v0001");
    Place there = transfer().add(version).place();
    BundleWriter.withdraw(there, "it is slow");
    transfer().pointLatest(version, transfer().add(version).place());
    assertEquals(Optional.empty(), latest());
    BundleWriter.withdraw(version, "it hangs");
    transfer().add(version);
    assertEquals(Optional.of("it is slow"), Versions.fault(there));
  }
}
