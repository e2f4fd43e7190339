package tessera.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.Digest;
import tessera.operator.Operator;
import tessera.workload.OperandSpec;
import tessera.workload.Workload;

/** A bundle's files as schema version 3 wrote them, which listed no operands. */
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
    Files.writeString(folder.resolve(Bundle.SUMS), copy(Bundle.MANIFEST) + copy(Bundle.DISPATCH));
    BundleManifest manifest = Bundle.open(folder).manifest();
    assertEquals(3, manifest.schemaVersion());
    assertEquals(
        List.of("x", "w", "y"),
        manifest.workload().operands().stream().map(OperandSpec::name).toList());
    Workload workload = manifest.workload().anywhere();
    assertEquals(Operator.DENSE, workload.operator());
    assertArrayEquals(new long[] {112, 768}, workload.problem(7).shape(workload.operands().get(0)));
    assertEquals(112.0 * 2304 * 768 * 2, workload.shape(7).flops());
  }
}
