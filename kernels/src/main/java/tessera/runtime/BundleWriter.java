package tessera.runtime;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import tessera.integrity.CheckedFolder;
import tessera.integrity.SigningKey;
import tessera.storage.Place;
import tessera.storage.StorageFailure;

/**
 * Publishes bundles under {@code <root>/<workload>/<hardware>/<version>}, so that a reader sees a
 * whole bundle or none. Where a folder is renamed in one step, a bundle is written beside its place
 * and renamed; elsewhere it is written into a folder of its own, the list of its files last.
 */
public final class BundleWriter {
  static final String UNFINISHED = ".publishing-";

  /** To write a bundle takes seconds: what is so old was left by a process that was killed. */
  private static final Duration STALE = Duration.ofHours(1);

  private final Place root;
  private final Optional<SigningKey> key;

  /** Publishes bundles that nobody signs. */
  public BundleWriter(Place root) {
    this(root, Optional.empty());
  }

  /**
   * @param key signs the bundles
   */
  public BundleWriter(Place root, Optional<SigningKey> key) {
    this.root = root;
    this.key = key;
  }

  /**
   * @param files everything but the manifest, the checksums and their signature
   * @return the published folder
   */
  public Place publish(BundleManifest manifest, Map<String, byte[]> files) {
    Place home = root.resolve(manifest.name()).resolve(manifest.target().folder());
    Versions versions = new Versions(home);
    try {
      home.createFolder();
      removeStale(versions);
      Place building = home.resolve(building(versions));
      try {
        building.createFolder();
        write(building, manifest, files);
        Place place = home.movesAtOnce() ? move(building, versions) : building;
        pointLatest(versions, place);
        return place;
      } catch (IOException e) {
        building.delete();
        throw e;
      }
    } catch (IOException e) {
      throw StorageFailure.of(
          "the bundle cannot be published under " + home,
          e,
          "free space or mend the folder's permissions, and go on with --resume");
    }
  }

  /** Another name for each publication. */
  private static String building(Versions versions) throws IOException {
    String unique = UUID.randomUUID().toString();
    return versions.home().movesAtOnce()
        ? UNFINISHED + unique
        : versions.nextName() + "-" + unique.substring(0, 8);
  }

  /** Removes what processes left that were killed while they published. */
  private static void removeStale(Versions versions) throws IOException {
    Instant oldest = Instant.now().minus(STALE);
    for (Place folder : versions.home().list()) {
      boolean unfinished =
          versions.home().movesAtOnce()
              ? folder.name().startsWith(UNFINISHED)
              : Versions.isOne(folder) && !Versions.isWhole(folder);
      if (unfinished && lastChange(folder).isBefore(oldest)) {
        folder.delete();
      }
    }
  }

  /** An object store knows no time of a folder. */
  private static Instant lastChange(Place folder) throws IOException {
    if (folder.movesAtOnce() || folder.isFile()) {
      return folder.modified();
    }
    Instant last = Instant.MIN;
    for (Place inner : folder.list()) {
      Instant change = lastChange(inner);
      last = change.isAfter(last) ? change : last;
    }
    return last.equals(Instant.MIN) ? folder.modified() : last;
  }

  /** The list of the files comes last: it makes a folder a bundle. */
  private void write(Place folder, BundleManifest manifest, Map<String, byte[]> files)
      throws IOException {
    Map<String, byte[]> contents = new TreeMap<>(BundleFiles.of(manifest, files).contents());
    byte[] sums = contents.remove(CheckedFolder.SUMS);
    for (Map.Entry<String, byte[]> file : contents.entrySet()) {
      put(folder.resolve(file.getKey()), file.getValue());
    }
    if (key.isPresent()) {
      put(folder.resolve(CheckedFolder.SIGNATURE), key.get().sign(sums));
    }
    put(folder.resolve(CheckedFolder.SUMS), sums);
  }

  static void put(Place file, byte[] content) throws IOException {
    file.parent().orElseThrow().createFolder();
    file.write(content);
  }

  /** Renames to the next free version. */
  static Place move(Place building, Versions versions) throws IOException {
    while (true) {
      Place place = versions.home().resolve(versions.nextName());
      if (building.moveTo(place)) {
        return place;
      }
    }
  }

  /** Takes the bundle back where that fails, since its publication did. */
  private static void pointLatest(Versions versions, Place place) throws IOException {
    try {
      versions.pointLatest(place.name());
    } catch (IOException e) {
      Versions.remove(place);
      throw e;
    }
  }

  /**
   * Withdraws a published bundle in which a fault was found. Its folder stays, with the fault in a
   * file; where {@code latest} was this bundle, it is the newest of the sound ones before it, or
   * none.
   */
  public static void withdraw(Place bundle, String fault) {
    Versions versions = new Versions(bundle.parent().orElseThrow());
    try {
      bundle.resolve(Versions.FAULT).write((fault + "\n").getBytes(StandardCharsets.UTF_8));
      if (versions.latest().equals(Optional.of(bundle.name()))) {
        Optional<Place> sound = versions.newestSound();
        if (sound.isPresent()) {
          versions.pointLatest(sound.get().name());
        } else {
          versions.removeLatest();
        }
      }
    } catch (IOException e) {
      throw StorageFailure.of(
          "the bundle " + bundle + " cannot be withdrawn", e, "do not use it: " + fault);
    }
  }

  /**
   * Removes old bundles beside a published one, for its workload and hardware: those that came
   * before the newest sound ones that are kept. What {@code latest} names is never removed, nor
   * what is still being written.
   *
   * @param most how many sound ones are kept
   */
  public static void prune(Place bundle, int most) {
    Versions versions = new Versions(bundle.parent().orElseThrow());
    try {
      for (Place old : versions.before(most)) {
        if (!old.name().equals(bundle.name())) {
          Versions.remove(old);
        }
      }
    } catch (IOException e) {
      throw StorageFailure.of(
          "old bundles beside " + bundle + " cannot be removed",
          e,
          "mend the folder's permissions, or remove them by hand");
    }
  }
}
