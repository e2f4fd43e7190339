package tessera.runtime;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
  private static final Pattern LINE = Pattern.compile("([0-9a-f]{64})  ([^\n]*)\n");

  private final Versions from;
  private final Versions to;

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
   * Copies a bundle, its bytes checked.
   *
   * @return where it is now; empty where its content was there already
   * @throws UserError where a file is not as it was published
   */
  public Optional<Place> add(Place version) throws IOException {
    byte[] sums = version.resolve(CheckedFolder.SUMS).read();
    to.home().createFolder();
    for (Place there : to.home().list()) {
      if (Versions.isOne(there)
          && Versions.isWhole(there)
          && Arrays.equals(sums, there.resolve(CheckedFolder.SUMS).read())) {
        return Optional.empty();
      }
    }
    String unique = UUID.randomUUID().toString();
    boolean moves = to.home().movesAtOnce();
    Place building =
        to.home()
            .resolve(
                moves
                    ? BundleWriter.UNFINISHED + unique
                    : to.nextName() + "-" + unique.substring(0, 8));
    try {
      copy(version, building, sums);
      return Optional.of(moves ? BundleWriter.move(building, to) : building);
    } catch (IOException | RuntimeException e) {
      building.delete();
      throw e;
    }
  }

  /** The list of the files comes last. */
  private static void copy(Place version, Place building, byte[] sums) throws IOException {
    building.createFolder();
    Matcher line = LINE.matcher(new String(sums, StandardCharsets.UTF_8));
    while (line.find()) {
      byte[] content = version.resolve(line.group(2)).read();
      if (!Digest.sha256(content).equals(line.group(1))) {
        throw new UserError(
            version
                + " is corrupt: "
                + line.group(2)
                + " was changed since it was published; remove this bundle, or publish it again");
      }
      BundleWriter.put(building.resolve(line.group(2)), content);
    }
    for (String beside : List.of(CheckedFolder.SIGNATURE, Versions.FAULT)) {
      if (version.resolve(beside).isFile()) {
        building.resolve(beside).write(version.resolve(beside).read());
      }
    }
    building.resolve(CheckedFolder.SUMS).write(sums);
  }

  /**
   * Lets {@code latest} name the bundle that was made last.
   *
   * @param added where a bundle of the former folder is now
   */
  public void pointLatest(Place version, Place added) throws IOException {
    boolean wasLatest = from.latest().equals(Optional.of(version.name()));
    Optional<String> latest = to.latest();
    if (wasLatest
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
