package tessera.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.Digest;
import tessera.Json;
import tessera.UserError;
import tessera.integrity.CheckedFolder;
import tessera.measure.TimingPolicy;

/** Baselines of a bundle of one shape variable, as they are and as somebody made them up. */
final class BaselineTest {
  private static final Baseline SOUND =
      new Baseline(
          Baseline.SCHEMA_VERSION,
          "1.0",
          TimingPolicy.onCpu(1, 1),
          new BundleManifest.KernelEntry("reference", "some", Map.of()),
          List.of(
              new Baseline.Sample(List.of(1L), new double[] {1, 2}, new double[] {3, 4}),
              new Baseline.Sample(List.of(7L), new double[] {5, 6}, new double[] {7, 8})));

  @TempDir private Path folder;

  private String add(String name, byte[] content) throws IOException {
    Files.write(folder.resolve(name), content);
    return Digest.sha256(content) + "  " + name + "\n";
  }

  private String copy(String name) throws IOException {
    try (InputStream in = BaselineTest.class.getResourceAsStream("schema-3/" + name)) {
      return add(name, in.readAllBytes());
    }
  }

  private Bundle bundle(byte[] baseline) throws IOException {
    Files.writeString(
        folder.resolve(CheckedFolder.SUMS),
        add(Baseline.FILE, baseline) + copy(Bundle.DISPATCH) + copy(Bundle.MANIFEST));
    return Bundle.open(folder);
  }

  /** Why it cannot be used. */
  private String why(byte[] baseline) throws IOException {
    Bundle bundle = bundle(baseline);
    String message = assertThrows(UserError.class, () -> Baseline.of(bundle)).getMessage();
    return message
        .replace(folder + " has an unusable baseline.json: ", "")
        .replace("; publish the bundle again", "");
  }

  private String why(Consumer<ObjectNode> change) throws IOException {
    ObjectNode json = Json.DOCUMENTS.valueToTree(SOUND);
    change.accept(json);
    return why(Json.DOCUMENTS.writeValueAsBytes(json));
  }

  private static ObjectNode second(ObjectNode baseline) {
    return (ObjectNode) baseline.path("samples").get(1);
  }

  @Test
  void of_whatWasWritten_isReadAgain() throws IOException {
    Baseline read = Baseline.of(bundle(Json.DOCUMENTS.writeValueAsBytes(SOUND))).orElseThrow();
    assertEquals(SOUND.policy(), read.policy());
    assertEquals(SOUND.reference(), read.reference());
    assertEquals(List.of(7L), read.samples().get(1).shape());
    assertArrayEquals(new double[] {5, 6}, read.samples().get(1).seconds());
    assertArrayEquals(new double[] {7, 8}, read.samples().get(1).reference());
  }

  @Test
  void of_oneThatLacksAPart_namesThePart() throws IOException {
    for (String part : List.of("product", "policy", "reference", "samples")) {
      assertEquals("it has no " + part, why(json -> json.remove(part)));
      assertEquals("it has no " + part, why(json -> json.putNull(part)));
    }
    for (String part : List.of("name", "family", "parameters")) {
      assertEquals(
          "it has no " + part + " of its reference",
          why(json -> ((ObjectNode) json.path("reference")).remove(part)));
    }
    for (String part : List.of("shape", "seconds", "reference")) {
      assertEquals("it has no " + part + " of a sample", why(json -> second(json).remove(part)));
    }
    assertEquals("it has no samples", why(json -> json.putArray("samples")));
    assertEquals("it has no shape of a sample", why(json -> json.withArray("samples").addNull()));
    assertEquals("it has no product", why("null".getBytes(StandardCharsets.UTF_8)));
    assertEquals("it has no product", why(new byte[0]));
  }

  @Test
  void of_oneWithTimesOrShapesThatCannotBe_isRefused() throws IOException {
    List<Consumer<ObjectNode>> changes =
        List.of(
            json -> second(json).putArray("seconds").add(5),
            json -> second(json).putArray("reference").add(7),
            json -> {
              second(json).putArray("seconds").add(5);
              second(json).putArray("reference").add(7);
            },
            json -> json.path("samples").forEach(BaselineTest::empty),
            json -> ((ArrayNode) second(json).path("seconds")).set(0, 0),
            json -> ((ArrayNode) second(json).path("shape")).set(0, 0),
            json -> second(json).putArray("shape").addNull(),
            json -> second(json).putArray("shape").add(1).add(1));
    for (Consumer<ObjectNode> change : changes) {
      assertEquals("it has a shape or a time that cannot be", why(change));
    }
  }

  private static void empty(JsonNode sample) {
    ((ObjectNode) sample).putArray("seconds");
    ((ObjectNode) sample).putArray("reference");
  }
}
