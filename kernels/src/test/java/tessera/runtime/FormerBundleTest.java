package tessera.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.Digest;
import tessera.UserError;
import tessera.integrity.CheckedFolder;
import tessera.operator.Operator;
import tessera.workload.OperandSpec;
import tessera.workload.Preparation;
import tessera.workload.Workload;

/** A bundle's files as schema version 3 wrote them, which listed no operands, and as others may. */
final class FormerBundleTest {
  @TempDir private Path folder;

  private String copy(String name) throws IOException {
    try (InputStream in = FormerBundleTest.class.getResourceAsStream("schema-3/" + name)) {
      byte[] content = in.readAllBytes();
      Files.write(folder.resolve(name), content);
      return Digest.sha256(content) + "  " + name + "\n";
    }
  }

  @Test
  void open_aBundleOfSchema3_knowsItsOperandsAndShapes() throws IOException {
    Files.writeString(
        folder.resolve(CheckedFolder.SUMS), copy(Bundle.MANIFEST) + copy(Bundle.DISPATCH));
    BundleManifest manifest = Bundle.open(folder).manifest();
    assertEquals(3, manifest.schemaVersion());
    assertEquals(0, manifest.preparedBytes());
    assertTrue(manifest.expected().size() > 0);
    assertTrue(manifest.expected().stream().allMatch(expected -> expected.peers().isEmpty()));
    assertEquals(Preparation.NEVER, manifest.workload().anywhere().prepare());
    assertEquals(
        List.of("x", "w", "y"),
        manifest.workload().operands().stream().map(OperandSpec::name).toList());
    Workload workload = manifest.workload().anywhere();
    assertEquals(Operator.DENSE, workload.operator());
    assertArrayEquals(new long[] {112, 768}, workload.problem(7).shape(workload.operands().get(0)));
    assertEquals(112.0 * 2304 * 768 * 2, workload.shape(7).flops());
  }

  /** The message that ends an attempt to open the bundle with another text in its manifest. */
  private String refusal(String text, String other) throws IOException {
    copy(Bundle.MANIFEST);
    String manifest = Files.readString(folder.resolve(Bundle.MANIFEST));
    assertEquals(2, manifest.split(text, -1).length, text + " must occur once");
    byte[] changed = manifest.replace(text, other).getBytes(StandardCharsets.UTF_8);
    Files.write(folder.resolve(Bundle.MANIFEST), changed);
    Files.writeString(
        folder.resolve(CheckedFolder.SUMS),
        Digest.sha256(changed) + "  " + Bundle.MANIFEST + "\n" + copy(Bundle.DISPATCH));
    return assertThrows(UserError.class, () -> Bundle.open(folder)).getMessage();
  }

  @Test
  void open_aNewerBundleWithFieldsOfItsOwn_saysThatItIsNewer() throws IOException {
    assertEquals(
        folder + " has schema version 99, newer than this Tessera reads; update Tessera",
        refusal("\"schemaVersion\" : 3,", "\"schemaVersion\" : 99, \"unheardOf\" : [],"));
  }

  @Test
  void open_aBundleForATargetThatNoBackEndHas_namesThoseThatAreThere() throws IOException {
    assertEquals(
        folder
            + " cannot be used: there is no back end for the target 'tpu'; it is one of cpu, cuda, or a jar with its back end must be on the class path",
        refusal("\"kind\" : \"cpu\"", "\"kind\" : \"tpu\""));
  }
}
