package tessera.backend.cpu;

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
import tessera.backend.Backend;
import tessera.compile.ArtifactCache;
import tessera.compile.EntryStore;
import tessera.worker.WorkerRequest;

/**
 * OpenBLAS and oneDNN out of the bytedeco presets on the class path, where they are, and MKL where
 * the machine has it. The presets' libraries are unpacked once into a cache folder.
 */
final class VendorLibraries {
  private static final String PLATFORM =
      System.getProperty("os.arch").equals("aarch64") ? "linux-arm64" : "linux-x86_64";

  private final Path folder;
  private final EntryStore entries;

  VendorLibraries(Path folder) {
    this.folder = folder;
    this.entries = new EntryStore(folder);
  }

  /**
   * Those that this machine can run.
   *
   * @throws UserError where they cannot be unpacked
   */
  List<Backend.Vendor> found() {
    List<Backend.Vendor> found = new ArrayList<>();
    preset(
            "OpenBLAS",
            "openblas",
            "libopenblas.so.0",
            CpuHarness.CBLAS,
            List.of("libquadmath.so.0", "libgfortran.so.5"))
        .ifPresent(found::add);
    preset(
            "oneDNN",
            "dnnl",
            "libdnnl.so.3",
            CpuHarness.DNNL,
            List.of("libgomp.so.1", "libOpenCL.so.1"))
        .ifPresent(found::add);
    mkl().ifPresent(found::add);
    return found;
  }

  private Optional<Backend.Vendor> preset(
      String name, String preset, String library, String symbol, List<String> needed) {
    Map<String, URL> files = new LinkedHashMap<>();
    for (String each : concat(library, needed)) {
      resource(preset, each)
          .or(() -> resource("opencl", each))
          .ifPresent(found -> files.put(each, found));
    }
    if (!files.containsKey(library)) {
      return Optional.empty();
    }
    Path entry = unpacked(preset, files);
    List<String> preload =
        needed.stream()
            .filter(files::containsKey)
            .map(other -> entry.resolve(other).toString())
            .toList();
    return Optional.of(
        new Backend.Vendor(
            name,
            WorkerRequest.Function.vendor(entry.resolve(library).toString(), symbol, preload)));
  }

  private static Optional<Backend.Vendor> mkl() {
    for (String place : List.of("/opt/intel/oneapi/mkl/latest/lib", "/usr/lib/x86_64-linux-gnu")) {
      Path file = FileSystems.getDefault().getPath(place, "libmkl_rt.so");
      if (Files.exists(file)) {
        return Optional.of(
            new Backend.Vendor(
                "MKL",
                WorkerRequest.Function.vendor(file.toString(), CpuHarness.CBLAS, List.of())));
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
            .orElse(VendorLibraries.class.getClassLoader());
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
