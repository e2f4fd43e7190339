package tessera.backend.cpu.peers;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tessera.Digest;
import tessera.UserError;
import tessera.compile.ArtifactCache;
import tessera.compile.EntryStore;

/**
 * OpenBLAS and oneDNN out of the bytedeco presets on the class path, where they are, and MKL where
 * the machine has it. The presets' libraries are unpacked once into a cache folder.
 */
final class PresetLibraries {
  private static final String PLATFORM =
      System.getProperty("os.arch").equals("aarch64") ? "linux-arm64" : "linux-x86_64";

  private final Path folder;
  private final EntryStore entries;

  PresetLibraries(Path folder) {
    this.folder = folder;
    this.entries = new EntryStore(folder);
  }

  /**
   * Those that there are.
   *
   * @throws UserError where they cannot be unpacked
   */
  List<CpuPeers.Candidate> found() {
    List<CpuPeers.Candidate> found = new ArrayList<>();
    preset(
            PeerKind.OPENBLAS,
            "openblas",
            "libopenblas.so.0",
            List.of("libquadmath.so.0", "libgfortran.so.5"))
        .ifPresent(found::add);
    preset(PeerKind.ONEDNN, "dnnl", "libdnnl.so.3", List.of("libgomp.so.1")).ifPresent(found::add);
    mkl().ifPresent(found::add);
    return found;
  }

  private Optional<CpuPeers.Candidate> preset(
      PeerKind kind, String preset, String library, List<String> needed) {
    Map<String, URL> files = new LinkedHashMap<>();
    for (String each : concat(library, needed)) {
      resource(preset, each).ifPresent(found -> files.put(each, found));
    }
    if (!files.containsKey(library)) {
      return Optional.empty();
    }
    Path entry = unpacked(preset, files);
    List<Path> preload = needed.stream().filter(files::containsKey).map(entry::resolve).toList();
    return Optional.of(
        new CpuPeers.Candidate(kind, entry.resolve(library), preload, Optional.empty()));
  }

  private static Optional<CpuPeers.Candidate> mkl() {
    for (String place : List.of("/opt/intel/oneapi/mkl/latest/lib", "/usr/lib/x86_64-linux-gnu")) {
      Path file = FileSystems.getDefault().getPath(place, PeerKind.MKL.file());
      if (Files.exists(file)) {
        return Optional.of(new CpuPeers.Candidate(PeerKind.MKL, file, List.of(), Optional.empty()));
      }
    }
    return Optional.empty();
  }

  private static List<String> concat(String first, List<String> others) {
    return Stream.concat(Stream.of(first), others.stream()).toList();
  }

  private static Optional<URL> resource(String preset, String library) {
    ClassLoader loader =
        Optional.ofNullable(Thread.currentThread().getContextClassLoader())
            .orElse(PresetLibraries.class.getClassLoader());
    return Optional.ofNullable(
        loader.getResource("org/bytedeco/" + preset + "/" + PLATFORM + "/" + library));
  }

  private Path unpacked(String preset, Map<String, URL> files) {
    try {
      String name = preset + "-" + sizes(files);
      Optional<Path> entry = entries.find(name);
      return entry.isPresent() ? entry.get() : unpack(name, files);
    } catch (IOException e) {
      throw ArtifactCache.unwritable(folder, e);
    }
  }

  /** Another version of a preset has files of other sizes. */
  private static String sizes(Map<String, URL> files) throws IOException {
    List<Object> sizes = new ArrayList<>();
    for (URL file : files.values()) {
      URLConnection connection = file.openConnection();
      connection.setUseCaches(false);
      try (InputStream in = connection.getInputStream()) {
        sizes.add(connection.getContentLengthLong());
      }
    }
    return Digest.of(sizes.toArray());
  }

  private Path unpack(String name, Map<String, URL> files) throws IOException {
    Path building = entries.begin();
    try {
      for (Map.Entry<String, URL> file : files.entrySet()) {
        try (InputStream in = file.getValue().openStream()) {
          Files.copy(in, building.resolve(file.getKey()));
        }
      }
      return entries.publish(building, name);
    } finally {
      EntryStore.discard(building);
    }
  }
}
