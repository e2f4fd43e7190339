package tessera.runtime;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tessera.integrity.CheckedFolder;
import tessera.storage.DiskFiles;
import tessera.storage.Place;

/**
 * The bundles for one workload and hardware, a folder each, and {@code latest} among them: on this
 * machine's disk a link, which programs in C and Python follow, elsewhere a file with a version's
 * name.
 *
 * @param home the folder that they are in
 */
record Versions(Place home) {
  static final String LATEST = "latest";

  /** What a bundle has that was withdrawn, and why it was. */
  static final String FAULT = "FAULT";

  /** With letters behind it where several may be written under one number. */
  private static final Pattern NAME = Pattern.compile("v(\\d{4,9})(-[0-9a-f]{8})?");

  private static final Comparator<Place> OLDEST_FIRST =
      Comparator.comparingInt(Versions::number).thenComparing(Place::name);

  /** Whether a folder has the name of a version. */
  static boolean isOne(Place folder) {
    return NAME.matcher(folder.name()).matches();
  }

  /** Whether a version was written to its end. */
  static boolean isWhole(Place version) throws IOException {
    return version.resolve(CheckedFolder.SUMS).isFile();
  }

  private static int number(Place version) {
    Matcher name = NAME.matcher(version.name());
    return name.matches() ? Integer.parseInt(name.group(1)) : 0;
  }

  /** The name of a version after all that are there. */
  String nextName() throws IOException {
    int last = home.list().stream().mapToInt(Versions::number).max().orElse(0);
    return String.format(Locale.ROOT, "v%04d", last + 1);
  }

  private List<Place> whole() throws IOException {
    List<Place> whole = new ArrayList<>();
    for (Place folder : home.list()) {
      if (isOne(folder) && isWhole(folder)) {
        whole.add(folder);
      }
    }
    whole.sort(OLDEST_FIRST);
    return whole;
  }

  /** Why a version was withdrawn. */
  static Optional<String> fault(Place version) throws IOException {
    return isSound(version)
        ? Optional.empty()
        : Optional.of(new String(version.resolve(FAULT).read(), StandardCharsets.UTF_8).strip());
  }

  private static boolean isSound(Place version) throws IOException {
    return !version.resolve(FAULT).isFile();
  }

  Optional<Place> newestSound() throws IOException {
    Optional<Place> newest = Optional.empty();
    for (Place version : whole()) {
      newest = isSound(version) ? Optional.of(version) : newest;
    }
    return newest;
  }

  /** Those before the newest sound ones, less what {@code latest} names. */
  List<Place> before(int sound) throws IOException {
    Optional<String> latest = latest();
    List<Place> versions = whole();
    int kept = 0;
    int first = versions.size();
    while (first > 0 && kept < sound) {
      first--;
      kept += isSound(versions.get(first)) ? 1 : 0;
    }
    return versions.subList(0, first).stream()
        .filter(version -> !latest.equals(Optional.of(version.name())))
        .toList();
  }

  /** From its list on, so that nobody takes the rest for a bundle. */
  static void remove(Place version) throws IOException {
    version.resolve(CheckedFolder.SUMS).delete();
    version.delete();
  }

  /** The name of the version that {@code latest} names. */
  Optional<String> latest() throws IOException {
    Optional<Path> link = link();
    if (link.isPresent()) {
      return Files.isSymbolicLink(link.get())
          ? Optional.of(Files.readSymbolicLink(link.get()).toString())
          : Optional.empty();
    }
    Place file = home.resolve(LATEST);
    return file.isFile()
        ? Optional.of(new String(file.read(), StandardCharsets.UTF_8).strip())
        : Optional.empty();
  }

  void pointLatest(String version) throws IOException {
    Optional<Path> link = link();
    if (link.isPresent()) {
      link(link.get(), version);
    } else {
      home.resolve(LATEST).write((version + "\n").getBytes(StandardCharsets.UTF_8));
    }
  }

  void removeLatest() throws IOException {
    home.resolve(LATEST).delete();
  }

  private Optional<Path> link() {
    return home.onDisk().map(folder -> folder.resolve(LATEST));
  }

  private static void link(Path link, String version) throws IOException {
    Path part = link.resolveSibling("." + LATEST + "-" + UUID.randomUUID());
    try {
      Files.createSymbolicLink(part, Path.of(version));
      Files.move(part, link, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
    DiskFiles.sync(link.toAbsolutePath().getParent());
  }

  /**
   * Each {@code latest} under a root, in the order of workloads and hardware, also one that names
   * nothing that is there.
   */
  static List<Place> latest(Place root) throws IOException {
    List<Place> all = new ArrayList<>();
    for (Place workload : folders(root)) {
      for (Place hardware : folders(workload)) {
        Place latest = hardware.resolve(LATEST);
        if (latest.isFolder() || latest.isFile() || new Versions(hardware).latest().isPresent()) {
          all.add(latest);
        }
      }
    }
    return all;
  }

  private static List<Place> folders(Place place) throws IOException {
    return place.isFolder() ? place.list() : List.of();
  }

  /** The folder that a place means, of {@code latest} the version that it names. */
  static Place folder(Place bundle) throws IOException {
    if (bundle.onDisk().filter(Files::exists).isPresent()) {
      return Place.of(bundle.onDisk().get().toRealPath());
    }
    if (!bundle.name().equals(LATEST) || !bundle.isFile()) {
      return bundle;
    }
    Place home = bundle.absolute().parent().orElseThrow();
    String version = new Versions(home).latest().orElse("");
    return NAME.matcher(version).matches() ? home.resolve(version) : bundle;
  }
}
