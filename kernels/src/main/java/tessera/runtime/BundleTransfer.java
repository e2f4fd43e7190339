package tessera.runtime;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import tessera.Digest;
import tessera.Json;
import tessera.UserError;
import tessera.integrity.CheckedFolder;
import tessera.storage.Place;

/**
 * Adds bundles to others for the same workload and hardware, which may have been published under
 * the same number by another host: a bundle whose content is not there gets the next number, and
 * {@code latest} names the one that was made last of those that were the latest before.
 */
public final class BundleTransfer {
  private final Versions from;
  private final Versions to;

  /**
   * Where a bundle of the former folder is now.
   *
   * @param isNew whether its content was not there yet
   */
  public record Added(Place place, boolean isNew) {}

  /**
   * @param from the folder of a workload's bundles for some hardware
   * @param to the same of another root
   */
  public BundleTransfer(Place from, Place to) {
    this.from = new Versions(from);
    this.to = new Versions(to);
  }

  /** The bundles that are whole, in the order of their numbers. */
  public List<Place> whole() throws IOException {
    List<Place> whole = new ArrayList<>();
    for (Place folder : from.home().list()) {
      if (Versions.isOne(folder) && Versions.isWhole(folder)) {
        whole.add(folder);
      }
    }
    return whole;
  }

  /**
   * Copies a bundle, its bytes checked, unless its content is there. One that was withdrawn where
   * it comes from is withdrawn here, too.
   *
   * @throws UserError where its list is damaged, or a file is not as it was published
   */
  public Added add(Place version) throws IOException {
    byte[] sums = version.resolve(CheckedFolder.SUMS).read();
    Map<String, String> files = CheckedFolder.listed(version, sums);
    to.home().createFolder();
    for (Place there : to.home().list()) {
      if (Versions.isOne(there)
          && Versions.isWhole(there)
          && Arrays.equals(sums, there.resolve(CheckedFolder.SUMS).read())) {
        withdraw(version, there);
        return new Added(there, false);
      }
    }
    return new Added(copied(version, sums, files), true);
  }

  private void withdraw(Place version, Place there) throws IOException {
    Optional<String> fault = Versions.fault(version);
    Optional<String> known = Versions.fault(there);
    boolean isLatest = to.latest().equals(Optional.of(there.name())); // of a killed merge, too
    if (fault.isPresent() && (known.isEmpty() || isLatest)) {
      BundleWriter.withdraw(there, known.orElse(fault.get()));
    }
  }

  private Place copied(Place version, byte[] sums, Map<String, String> files) throws IOException {
    String unique = UUID.randomUUID().toString();
    boolean moves = to.home().movesAtOnce();
    Place building =
        to.home()
            .resolve(
                moves
                    ? BundleWriter.UNFINISHED + unique
                    : to.nextName() + "-" + unique.substring(0, 8));
    try {
      copy(version, building, files);
      building.resolve(CheckedFolder.SUMS).write(sums); // the last: it makes a folder a bundle
      return moves ? BundleWriter.move(building, to) : building;
    } catch (IOException | RuntimeException e) {
      building.delete();
      throw e;
    }
  }

  /**
   * @param files their names and SHA-256
   */
  private static void copy(Place version, Place building, Map<String, String> files)
      throws IOException {
    building.createFolder();
    for (Map.Entry<String, String> file : files.entrySet()) {
      BundleWriter.put(building.resolve(file.getKey()), content(version, file));
    }
    for (String beside : List.of(CheckedFolder.SIGNATURE, Versions.FAULT)) {
      if (version.resolve(beside).isFile()) {
        building.resolve(beside).write(version.resolve(beside).read());
      }
    }
  }

  /**
   * Reads all of a bundle, so that one which is not as it was published is refused before others
   * are added.
   *
   * @throws UserError where its list is damaged, or a file is not as it was published
   */
  public static void check(Place version) throws IOException {
    byte[] sums = version.resolve(CheckedFolder.SUMS).read();
    for (Map.Entry<String, String> file : CheckedFolder.listed(version, sums).entrySet()) {
      content(version, file);
    }
  }

  /**
   * @param file its name and SHA-256
   */
  private static byte[] content(Place version, Map.Entry<String, String> file) throws IOException {
    byte[] content = version.resolve(file.getKey()).read();
    if (!Digest.sha256(content).equals(file.getValue())) {
      throw new UserError(
          version
              + " is corrupt: "
              + file.getKey()
              + " was changed since it was published; remove this bundle, or publish it again");
    }
    return content;
  }

  /**
   * Lets {@code latest} name the bundle that was made last, unless that was withdrawn. To do it
   * again changes nothing.
   *
   * @param added where a bundle of the former folder is now
   */
  public void pointLatest(Place version, Place added) throws IOException {
    boolean wasLatest = from.latest().equals(Optional.of(version.name()));
    Optional<String> latest = to.latest();
    if (wasLatest
        && Versions.fault(added).isEmpty()
        && (latest.isEmpty()
            || created(added).compareTo(created(to.home().resolve(latest.get()))) > 0)) {
      to.pointLatest(added.name());
    }
  }

  /** When it was made, in a form whose order is that of time. */
  private static String created(Place version) throws IOException {
    Place manifest = version.resolve(Bundle.MANIFEST);
    return manifest.isFile() ? Json.FOREIGN.readTree(manifest.read()).path("created").asText() : "";
  }
}
