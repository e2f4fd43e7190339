package tessera.runtime;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
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
      BundleManifest manifest = manifest(folder);
      DecisionTree dispatch =
          Json.DOCUMENTS.readValue(folder.resolve(DISPATCH).toFile(), DecisionTree.class);
      return new Bundle(folder, manifest, dispatch);
    } catch (JacksonException e) {
      Optional<UserError> mistake = UserError.in(e); // a target or an operator that is not here
      if (mistake.isPresent()) {
        throw new UserError(folder + " cannot be used: " + mistake.get().getMessage(), e);
      }
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

  /** The version comes first: a newer manifest may have fields that nobody knows here. */
  private static BundleManifest manifest(Path folder) throws IOException {
    JsonNode json = Json.DOCUMENTS.readTree(folder.resolve(MANIFEST).toFile());
    int version = json.path("schemaVersion").asInt();
    if (version > BundleManifest.SCHEMA_VERSION) {
      throw new UserError(
          folder
              + " has schema version "
              + version
              + ", newer than this Tessera reads; update Tessera");
    }
    return Json.DOCUMENTS.treeToValue(json, BundleManifest.class);
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
