package tessera.runtime;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import tessera.Digest;
import tessera.Json;
import tessera.UserError;
import tessera.compile.TemporaryFiles;
import tessera.integrity.CheckedFolder;
import tessera.integrity.EntryName;

/**
 * All of a bundle in memory, to be sent to a process that has its device, or published elsewhere.
 *
 * @param digest names the content, to the last byte
 * @param contents by path in the bundle
 */
public record BundleFiles(String digest, Map<String, byte[]> contents) {
  /** Those of a bundle on this machine's disk whose files were checked. */
  public static BundleFiles of(Bundle bundle) {
    Map<String, byte[]> contents = new HashMap<>();
    try {
      Path folder = bundle.folder();
      contents.put(CheckedFolder.SUMS, Files.readAllBytes(folder.resolve(CheckedFolder.SUMS)));
      contents.put(Bundle.MANIFEST, Files.readAllBytes(folder.resolve(Bundle.MANIFEST)));
      for (String name : bundle.manifest().files().keySet()) {
        contents.put(name, Files.readAllBytes(folder.resolve(name)));
      }
    } catch (IOException e) {
      throw UserError.of(bundle.folder() + " cannot be read", e, "check its permissions");
    }
    return new BundleFiles(bundle.digest(), contents);
  }

  /**
   * Those of a bundle before it is published, with its checksums and without a signature.
   *
   * @param files everything but the manifest and the checksums
   */
  public static BundleFiles of(BundleManifest manifest, Map<String, byte[]> files) {
    Map<String, BundleManifest.FileEntry> entries = new TreeMap<>();
    files.forEach((name, content) -> entries.put(name, BundleManifest.FileEntry.of(content)));
    byte[] json = json(manifest.withFiles(Map.copyOf(entries)));
    entries.put(Bundle.MANIFEST, BundleManifest.FileEntry.of(json));
    byte[] sums = sums(entries);
    Map<String, byte[]> contents = new HashMap<>(files);
    contents.put(Bundle.MANIFEST, json);
    contents.put(CheckedFolder.SUMS, sums);
    return new BundleFiles(Digest.sha256(sums), contents);
  }

  private static byte[] json(BundleManifest manifest) {
    try {
      return Json.DOCUMENTS.writeValueAsBytes(manifest);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] sums(Map<String, BundleManifest.FileEntry> entries) {
    StringBuilder text = new StringBuilder();
    entries.forEach(
        (name, entry) -> text.append(entry.sha256()).append("  ").append(name).append('\n'));
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** What a publication takes: all but the manifest, the checksums and their signature. */
  public Map<String, byte[]> published() {
    Map<String, byte[]> files = new HashMap<>(contents);
    files.remove(CheckedFolder.SUMS);
    files.remove(Bundle.MANIFEST);
    return files;
  }

  /**
   * Writes them into a new folder, which the caller removes.
   *
   * @return the bundle there, checked
   */
  public Bundle unpacked() {
    Path folder = TemporaryFiles.folder("tessera-bundle");
    try {
      for (Map.Entry<String, byte[]> file : contents.entrySet()) {
        EntryName.check(folder, file.getKey());
        Path place = folder.resolve(file.getKey());
        Files.createDirectories(place.getParent());
        Files.write(place, file.getValue()); // not synced: it is gone soon
      }
      return Bundle.open(folder);
    } catch (IOException e) {
      TemporaryFiles.delete(folder);
      throw TemporaryFiles.unusable(e);
    } catch (RuntimeException e) {
      TemporaryFiles.delete(folder);
      throw e;
    }
  }
}
