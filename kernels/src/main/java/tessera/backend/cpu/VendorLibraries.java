package tessera.backend.cpu;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tessera.measure.Backend;
import tessera.measure.WorkerRequest;

/**
 * OpenBLAS and oneDNN out of the bytedeco presets on the class path, where they are, and MKL where
 * the machine has it. The presets' libraries are unpacked once into a cache folder.
 */
final class VendorLibraries {
  private static final String PLATFORM =
      System.getProperty("os.arch").equals("aarch64") ? "linux-arm64" : "linux-x86_64";

  private final Path folder;

  VendorLibraries(Path folder) {
    this.folder = folder;
  }

  List<Backend.Vendor> found() {
    List<Backend.Vendor> found = new ArrayList<>();
    preset(
            "OpenBLAS",
            WorkerRequest.Kind.CBLAS,
            "openblas",
            "libopenblas.so.0",
            "cblas_sgemm",
            List.of("libquadmath.so.0", "libgfortran.so.5"))
        .ifPresent(found::add);
    preset(
            "oneDNN",
            WorkerRequest.Kind.DNNL,
            "dnnl",
            "libdnnl.so.3",
            "dnnl_sgemm",
            List.of("libgomp.so.1", "libOpenCL.so.1"))
        .ifPresent(found::add);
    mkl().ifPresent(found::add);
    return found;
  }

  private Optional<Backend.Vendor> preset(
      String name,
      WorkerRequest.Kind kind,
      String preset,
      String library,
      String symbol,
      List<String> needed) {
    Optional<Path> file = unpacked(preset, library);
    List<String> preload = new ArrayList<>();
    for (String other : needed) {
      unpacked(preset, other)
          .or(() -> unpacked("opencl", other))
          .ifPresent(path -> preload.add(path.toString()));
    }
    return file.map(
        path ->
            new Backend.Vendor(
                name, WorkerRequest.Function.vendor(kind, path.toString(), symbol, preload)));
  }

  private static Optional<Backend.Vendor> mkl() {
    for (String place : List.of("/opt/intel/oneapi/mkl/latest/lib", "/usr/lib/x86_64-linux-gnu")) {
      Path file = FileSystems.getDefault().getPath(place, "libmkl_rt.so");
      if (Files.exists(file)) {
        return Optional.of(
            new Backend.Vendor(
                "MKL",
                WorkerRequest.Function.vendor(
                    WorkerRequest.Kind.CBLAS, file.toString(), "cblas_sgemm", List.of())));
      }
    }
    return Optional.empty();
  }

  private Optional<Path> unpacked(String preset, String library) {
    String resource = "org/bytedeco/" + preset + "/" + PLATFORM + "/" + library;
    ClassLoader loader =
        Optional.ofNullable(Thread.currentThread().getContextClassLoader())
            .orElse(VendorLibraries.class.getClassLoader());
    try (InputStream in = loader.getResourceAsStream(resource)) {
      if (in == null) {
        return Optional.empty();
      }
      Path file = folder.resolve(library);
      if (!Files.exists(file)) {
        Files.createDirectories(folder);
        Path part = Files.createTempFile(folder, library, ".part");
        Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
      }
      return Optional.of(file);
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
