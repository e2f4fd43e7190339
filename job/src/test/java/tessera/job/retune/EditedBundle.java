package tessera.job.retune;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.TreeMap;
import java.util.function.Consumer;
import tessera.Digest;
import tessera.Json;
import tessera.integrity.CheckedFolder;
import tessera.runtime.Baseline;

/** A published bundle that is made to say something else, with right checksums. */
public final class EditedBundle {
  private EditedBundle() {}

  /** Changes its manifest. */
  public static void manifest(Path bundle, Consumer<ObjectNode> change) throws IOException {
    edit(bundle, "manifest.json", change);
  }

  /** Changes its baseline. */
  public static void baseline(Path bundle, Consumer<ObjectNode> change) throws IOException {
    edit(bundle, Baseline.FILE, change);
  }

  private static void edit(Path bundle, String name, Consumer<ObjectNode> change)
      throws IOException {
    ObjectNode json =
        Json.DOCUMENTS.readValue(Files.readAllBytes(bundle.resolve(name)), ObjectNode.class);
    change.accept(json);
    replace(bundle, name, Json.DOCUMENTS.writeValueAsBytes(json));
  }

  /** Puts a file in the place of another. */
  public static void replace(Path bundle, String name, byte[] content) throws IOException {
    Files.delete(bundle.resolve(name)); // it may be loaded
    Files.write(bundle.resolve(name), content);
    if (!name.equals("manifest.json")) {
      manifest(
          bundle,
          manifest ->
              ((ObjectNode) manifest.path("files"))
                  .putObject(name)
                  .put("bytes", content.length)
                  .put("sha256", Digest.sha256(content)));
      return;
    }
    TreeMap<String, String> sums = new TreeMap<>();
    for (String line : Files.readAllLines(bundle.resolve(CheckedFolder.SUMS))) {
      String file = line.substring(66);
      sums.put(file, Digest.sha256(bundle.resolve(file)));
    }
    StringBuilder text = new StringBuilder();
    sums.forEach((file, sum) -> text.append(sum).append("  ").append(file).append('\n'));
    Files.write(
        bundle.resolve(CheckedFolder.SUMS), text.toString().getBytes(StandardCharsets.UTF_8));
  }
}
