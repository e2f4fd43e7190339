package tessera.analysis;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import tessera.Json;
import tessera.UserError;
import tessera.storage.Place;
import tessera.storage.StorageFailure;

/**
 * Where a command's figures go as JSON, besides or instead of what people read. The form is that of
 * the records in {@code tessera.analysis.figures}, as {@code docs/analysis.md} lists them.
 *
 * @param file empty for nowhere; {@code -} for standard output
 */
public record JsonForm(Optional<String> file) {
  /** A field that is renamed or has another meaning makes a new version; a new field does not. */
  public static final int VERSION = 1;

  private static final String STANDARD_OUTPUT = "-";

  public static JsonForm of(Optional<String> file) {
    return new JsonForm(file);
  }

  /**
   * Looks whether a file on this machine can be written, before what goes into it is measured.
   *
   * @throws UserError where not
   */
  public void check() {
    Optional<Path> path =
        file.filter(name -> !name.equals(STANDARD_OUTPUT))
            .flatMap(name -> Place.of(name).absolute().onDisk());
    if (path.isPresent()
        && (Files.isDirectory(path.get()) || !Files.isWritable(path.get().getParent()))) {
      throw new UserError(
          "the figures cannot be written to "
              + file.get()
              + "; give --json a file in a folder that exists and may be written");
    }
  }

  /**
   * @param kind of the figures, such as {@code comparison}
   * @return whether the figures are to be printed for people too
   * @throws UserError where the file cannot be written
   */
  public boolean write(String kind, Object figures) {
    if (file.isEmpty()) {
      return true;
    }
    ObjectNode form = Json.DOCUMENTS.createObjectNode();
    form.put("schemaVersion", VERSION).put("kind", kind);
    form.setAll((ObjectNode) Json.DOCUMENTS.valueToTree(figures));
    if (file.get().equals(STANDARD_OUTPUT)) {
      System.out.println(form.toPrettyString());
      return false;
    }
    try {
      Place.of(file.get()).write(Json.DOCUMENTS.writeValueAsBytes(form));
    } catch (IOException e) {
      throw StorageFailure.of(
          "the figures cannot be written to " + file.get(),
          e,
          "give --json a file in a folder that exists");
    }
    return true;
  }
}
