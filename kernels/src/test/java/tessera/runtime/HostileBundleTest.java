package tessera.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.Digest;
import tessera.Json;
import tessera.UserError;
import tessera.integrity.CheckedFolder;

/** Bundles whose checksums are right, and whose content somebody made up. */
final class HostileBundleTest {
  @TempDir private Path folder;

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = HostileBundleTest.class.getResourceAsStream("schema-3/" + name)) {
      return in.readAllBytes();
    }
  }

  private String refusal(byte[] manifest, byte[] dispatch) throws IOException {
    Files.write(folder.resolve(Bundle.MANIFEST), manifest);
    Files.write(folder.resolve(Bundle.DISPATCH), dispatch);
    Files.writeString(
        folder.resolve(CheckedFolder.SUMS),
        Digest.sha256(manifest)
            + "  manifest.json\n"
            + Digest.sha256(dispatch)
            + "  dispatch.json\n");
    return assertThrows(UserError.class, () -> Bundle.open(folder))
        .getMessage()
        .replace(folder.toString(), "FOLDER");
  }

  private String withManifest(Consumer<ObjectNode> change) throws IOException {
    ObjectNode manifest = (ObjectNode) Json.DOCUMENTS.readTree(resource(Bundle.MANIFEST));
    change.accept(manifest);
    return refusal(Json.DOCUMENTS.writeValueAsBytes(manifest), resource(Bundle.DISPATCH));
  }

  private String withTree(String tree) throws IOException {
    return refusal(resource(Bundle.MANIFEST), tree.getBytes(StandardCharsets.UTF_8));
  }

  private String withText(String text, String other) throws IOException {
    String manifest = new String(resource(Bundle.MANIFEST), StandardCharsets.UTF_8);
    assertTrue(manifest.contains(text), text);
    return refusal(
        manifest.replace(text, other).getBytes(StandardCharsets.UTF_8), resource(Bundle.DISPATCH));
  }

  private static ObjectNode first(ObjectNode manifest, String list) {
    return (ObjectNode) manifest.get(list).get(0);
  }

  private static ObjectNode extents(ObjectNode manifest) {
    return (ObjectNode) manifest.get("workload").get("extents");
  }

  @Test
  void open_hugeOrStrangeJson_isRefusedWithinLimits() throws IOException {
    String unreadable = "FOLDER has an unreadable manifest (";
    assertTrue(withTree("[".repeat(100_000)).startsWith(unreadable));
    assertTrue(withTree("{\"variable\": ".repeat(5_000)).startsWith(unreadable));
    assertTrue(withTree("{\"label\": [" + "9".repeat(100_000) + "]}").startsWith(unreadable));
    assertTrue(withTree("").startsWith(unreadable));
    assertTrue(withTree("\0\0\0\0").startsWith(unreadable));
    assertEquals(
        "FOLDER is corrupt: dispatch.json has more than 16777216 bytes; publish the bundle again",
        withTree(" ".repeat((1 << 24) + 1)));
    String twice = withText("\"id\" :", "\"name\" : \"other\", \"id\" :");
    assertTrue(twice.startsWith(unreadable), twice);
    assertTrue(withText("\"lanes\" : 16", "\"lanes\" : 1e99").startsWith(unreadable));
    String newer = withText("\"schemaVersion\" : 3", "\"schemaVersion\" : 4294967299");
    assertEquals(
        "FOLDER has schema version 4294967299, newer than this Tessera reads; update Tessera",
        newer);
  }

  /** Of the first expected time, as a manifest of today has them. */
  private String withPeers(Consumer<ObjectNode> change) throws IOException {
    return withManifest(
        manifest -> {
          manifest.put("schemaVersion", BundleManifest.SCHEMA_VERSION).put("preparedBytes", 0);
          manifest
              .get("expected")
              .forEach(each -> ((ObjectNode) each).put("weight", 1).put("spread", 0));
          change.accept(first(manifest, "expected"));
        });
  }

  @Test
  void open_peersThatSayNothing_areRefused() throws IOException {
    String refused = "FOLDER cannot be used: ";
    String remedy = "; publish the bundle again";
    assertEquals(
        refused + "an expected time has no list of peers, or more than 100" + remedy,
        withPeers(expected -> expected.putNull("peers")));
    assertEquals(
        refused + "a peer of an expected time lacks its name, version or form" + remedy,
        withPeers(
            expected -> expected.putArray("peers").addObject().put("name", "a").put("seconds", 1)));
    assertEquals(
        refused + "a peer of an expected time took 0.0 s" + remedy,
        withPeers(
            expected ->
                expected
                    .putArray("peers")
                    .addObject()
                    .put("name", "a")
                    .put("version", "")
                    .put("form", "plain")
                    .put("seconds", 0)));
  }

  @Test
  void open_plansAndTimesOfWhatIsNotThere_areRefused() throws IOException {
    assertEquals(
        "FOLDER cannot be used: a plan names micro-kernel 7, and there are 1; publish the bundle again",
        withManifest(manifest -> first(manifest, "plans").put("main", 7)));
    assertEquals(
        "FOLDER cannot be used: it has no plan, or more than 4096; publish the bundle again",
        withManifest(manifest -> manifest.putArray("plans")));
    assertEquals(
        "FOLDER cannot be used: an expected time is that of plan 3, which is not there; publish the bundle again",
        withManifest(manifest -> first(manifest, "expected").put("plan", 3)));
    assertEquals(
        "FOLDER cannot be used: an expected time is that of the shape [], which has other variables; publish the bundle again",
        withManifest(manifest -> first(manifest, "expected").putArray("shape")));
    assertEquals(
        "FOLDER cannot be used: it has more than 4096 micro-kernels; publish the bundle again",
        withManifest(
            manifest -> {
              ArrayNode kernels = (ArrayNode) manifest.get("kernels");
              ObjectNode kernel = (ObjectNode) kernels.get(0);
              for (int i = 0; i < 4096; i++) {
                kernels.add(kernel.deepCopy());
              }
            }));
  }

  @Test
  void open_namesAndExtentsThatCannotBe_areRefused() throws IOException {
    assertEquals(
        "FOLDER cannot be used: its manifest has the name '../other', which is not that of a folder; publish the bundle again",
        withManifest(manifest -> manifest.put("name", "../other")));
    String isa =
        withManifest(manifest -> ((ObjectNode) manifest.get("target")).put("isa", "../../x"));
    assertTrue(isa.matches("FOLDER (cannot be used:|has an unreadable manifest) .*"), isa);
    assertTrue(
        withManifest(manifest -> extents(manifest).put("k", "(".repeat(2000)))
            .contains("is an expression of more than 1000 letters"));
    assertTrue(
        withManifest(manifest -> extents(manifest).put("m", "16 * S"))
            .contains("has a variable that is not among [T]"));
    assertTrue(
        withManifest(manifest -> extents(manifest).put("n", "1 - 1")).contains("is not positive"));
    String large = "999999999999999999 * 999999999999999999";
    assertTrue(
        withManifest(manifest -> extents(manifest).put("n", large)).contains("long overflow"));
    assertTrue(
        withManifest(manifest -> manifest.remove("workload"))
            .startsWith("FOLDER cannot be used: its manifest is incomplete"));
    assertTrue(
        withManifest(manifest -> manifest.putNull("kernels")).startsWith("FOLDER "), "kernels");
  }

  @Test
  void open_treesThatDoNotEnd_areRefused() throws IOException {
    String fault = "FOLDER cannot be used: its decision tree ";
    assertEquals(
        fault
            + "leads to node 0, which is not there or was passed before; publish the bundle again",
        withTree(tree("0, -1", "0, 0", "1, 0", "0, 0", "0, 0")));
    assertEquals(
        fault
            + "leads to node 9, which is not there or was passed before; publish the bundle again",
        withTree(tree("0, -1", "0, 0", "1, 0", "9, 0", "0, 0")));
    assertEquals(
        fault + "gives plan 5, and there are 1; publish the bundle again",
        withTree(tree("-1", "0", "0", "0", "5")));
    assertEquals(
        fault + "tests variable 4 modulo 0; publish the bundle again",
        withTree(tree("4, -1, -1", "0, 0, 0", "1, 0, 0", "2, 0, 0", "0, 0, 0")));
    assertEquals(
        fault + "has no nodes, too many, or not all parts of each; publish the bundle again",
        withTree(tree("-1, -1", "0", "0", "0", "0")));
    assertEquals(
        fault + "has no nodes, too many, or not all parts of each; publish the bundle again",
        withTree(tree("", "", "", "", "")));
    assertTrue(withTree("{}").startsWith("FOLDER "));
    assertTrue(withTree("null").startsWith("FOLDER cannot be used: "));
  }

  private static String tree(
      String variable, String threshold, String left, String right, String label) {
    return "{\"variable\": ["
        + variable
        + "], \"threshold\": ["
        + threshold
        + "], \"left\": ["
        + left
        + "], \"right\": ["
        + right
        + "], \"label\": ["
        + label
        + "]}";
  }
}
