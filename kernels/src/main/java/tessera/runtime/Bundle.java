package tessera.runtime;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import tessera.Json;
import tessera.UserError;
import tessera.dispatch.DecisionTree;
import tessera.integrity.CheckedFolder;
import tessera.integrity.SealedLibrary;
import tessera.integrity.Trust;
import tessera.storage.Place;
import tessera.storage.StorageFailure;

/**
 * A published bundle on disk, its bytes checked.
 *
 * @param digest names its content, to the last byte
 * @param prepared the dispatch of calls with prepared weights, where they have one of their own
 */
public record Bundle(
    Path folder,
    String digest,
    BundleManifest manifest,
    DecisionTree dispatch,
    Optional<DecisionTree> prepared) {
  public static final String MANIFEST = "manifest.json";
  public static final String DISPATCH = "dispatch.json";

  /** That of calls with prepared weights, where a bundle has both forms. */
  public static final String PREPARED_DISPATCH = "dispatch-prepared.json";

  public static final String TIMINGS = "timings.parquet";

  /** The shapes that it was tuned for, with their weights; bundles of earlier versions lack it. */
  public static final String WEIGHTS = "weights.csv";

  public static final String LIBRARY = "libtessera.so";

  private static final int MOST_JSON_BYTES = 1 << 24;
  private static final int MOST_LIBRARY_BYTES = 1 << 30;

  /**
   * The newest bundles of all workloads on all hardware.
   *
   * @param root where they were published
   */
  public static List<Place> latest(Place root) {
    try {
      return Versions.latest(root);
    } catch (IOException e) {
      throw StorageFailure.of(root + " cannot be read", e, "check its name and its permissions");
    }
  }

  /**
   * @param place a path that something is about to be written to
   * @throws UserError where it is in a bundle, which would be corrupt with it
   */
  public static void refuseWithin(Path place) {
    for (Path folder = place.toAbsolutePath(); folder != null; folder = folder.getParent()) {
      if (Files.isRegularFile(folder.resolve(CheckedFolder.SUMS))
          && Files.isRegularFile(folder.resolve(MANIFEST))) {
        throw new UserError(
            place
                + " is in the bundle "
                + folder
                + ", whose files stay as they were published; name a folder outside of it");
      }
    }
  }

  /** How the files of a folder are checked. */
  private interface Check {
    void all(CheckedFolder folder) throws IOException;
  }

  /** As {@link #open(Path, Trust)}, whoever published it. */
  public static Bundle open(Path folder) {
    return open(folder, Trust.anyone());
  }

  /**
   * Reads a bundle and checks every file against its checksum.
   *
   * @throws UserError when there is no bundle, its bytes were changed, or it is not trusted
   */
  public static Bundle open(Path folder, Trust trust) {
    return open(folder, trust, CheckedFolder::checkAll);
  }

  /**
   * As {@link #open(Path, Trust)}, before anything imports from the folder: a compiled module,
   * which Python would run in place of the one that was published, is refused too.
   */
  public static Bundle openUnused(Path folder, Trust trust) {
    return open(folder, trust, CheckedFolder::checkAllUnused);
  }

  private static Bundle open(Path folder, Trust trust, Check check) {
    try {
      CheckedFolder checked = CheckedFolder.open(folder, trust);
      check.all(checked);
      BundleManifest manifest = manifest(folder, checked.bytes(MANIFEST, MOST_JSON_BYTES));
      DecisionTree dispatch =
          Json.FOREIGN.readValue(checked.bytes(DISPATCH, MOST_JSON_BYTES), DecisionTree.class);
      Optional<DecisionTree> prepared =
          manifest.preparesToo()
              ? Optional.of(
                  Json.FOREIGN.readValue(
                      checked.bytes(PREPARED_DISPATCH, MOST_JSON_BYTES), DecisionTree.class))
              : Optional.empty();
      BundleContent.check(folder, manifest, dispatch, prepared, checked.sums());
      return new Bundle(folder, checked.digest(), manifest, dispatch, prepared);
    } catch (JacksonException e) {
      Optional<UserError> mistake = UserError.in(e); // a target or an operator that is not here
      if (mistake.isPresent()) {
        throw new UserError(folder + " cannot be used: " + mistake.get().getMessage(), e);
      }
      throw new UserError(
          folder
              + " has an unreadable manifest ("
              + UserError.shortened(e.getOriginalMessage())
              + "); publish the bundle again",
          e);
    } catch (IOException e) {
      throw unreadable(folder, e);
    }
  }

  private static UserError unreadable(Path folder, IOException cause) {
    return new UserError(
        folder + " cannot be read (" + cause + "); check the path and its permissions", cause);
  }

  /**
   * The path at which this process can load the C library of a bundle: its bytes as they were
   * published, whatever happens to the file.
   *
   * @throws UserError when it was changed, or is not trusted
   */
  public static String library(Path folder, Trust trust) {
    try {
      return SealedLibrary.path(
          CheckedFolder.open(folder, trust).bytes(LIBRARY, MOST_LIBRARY_BYTES));
    } catch (IOException e) {
      throw unreadable(folder, e);
    }
  }

  /** The version comes first: a newer manifest may have fields that nobody knows here. */
  private static BundleManifest manifest(Path folder, byte[] content) throws IOException {
    JsonNode json = Json.FOREIGN.readTree(content);
    JsonNode version = json.path("schemaVersion");
    if (version.asDouble() > BundleManifest.SCHEMA_VERSION) {
      throw new UserError(
          folder
              + " has schema version "
              + UserError.shortened(version.asText())
              + ", newer than this Tessera reads; update Tessera");
    }
    return BundleManifest.read(json);
  }
}
