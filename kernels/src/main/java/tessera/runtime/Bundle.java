package tessera.runtime;

import com.fasterxml.jackson.core.JacksonException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import tessera.Digest;
import tessera.Json;
import tessera.UserError;
import tessera.dispatch.DecisionTree;

/** A published bundle on disk, its bytes checked. */
public record Bundle(Path folder, BundleManifest manifest, DecisionTree dispatch) {
  static final String MANIFEST = "manifest.json";
  static final String SUMS = "SHA256SUMS";
  public static final String DISPATCH = "dispatch.json";
  public static final String TIMINGS = "timings.parquet";
  public static final String LIBRARY = "libtessera.so";

  /**
   * Reads a bundle and checks every file against its checksum.
   *
   * @throws UserError when there is no bundle, or its bytes were changed
   */
  public static Bundle open(Path folder) {
    if (!Files.exists(folder)) {
      throw new UserError(folder + " does not exist; give the folder that tune printed");
    }
    if (!Files.isRegularFile(folder.resolve(SUMS))) {
      throw new UserError(
          folder + " is not a bundle (it has no " + SUMS + "); give the folder that tune printed");
    }
    try {
      checkSums(folder);
      BundleManifest manifest =
          Json.DOCUMENTS.readValue(folder.resolve(MANIFEST).toFile(), BundleManifest.class);
      if (manifest.schemaVersion() > BundleManifest.SCHEMA_VERSION) {
        throw new UserError(
            folder
                + " has schema version "
                + manifest.schemaVersion()
                + ", newer than this Tessera reads; update Tessera");
      }
      DecisionTree dispatch =
          Json.DOCUMENTS.readValue(folder.resolve(DISPATCH).toFile(), DecisionTree.class);
      return new Bundle(folder, manifest, dispatch);
    } catch (JacksonException e) {
      throw new UserError(
          folder
              + " has an unreadable manifest ("
              + e.getOriginalMessage()
              + "); publish the bundle again",
          e);
    } catch (IOException e) {
      throw new UserError(
          folder + " cannot be read (" + e + "); check the path and its permissions", e);
    }
  }

  private static void checkSums(Path folder) throws IOException {
    List<String> lines = Files.readAllLines(folder.resolve(SUMS));
    for (String line : lines) {
      String[] parts = line.split("  ", 2);
      Path file = folder.resolve(parts.length == 2 ? parts[1] : "");
      if (parts.length != 2 || !Files.isRegularFile(file)) {
        throw new UserError(
            folder
                + " is corrupt: "
                + file.getFileName()
                + " is missing; publish the bundle again");
      }
      if (!Digest.sha256(Files.readAllBytes(file)).equals(parts[0])) {
        throw new UserError(
            folder
                + " is corrupt: "
                + parts[1]
                + " was changed since it was published; publish the bundle again");
      }
    }
  }
}
