package tessera.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tessera.Json;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.compile.Builder;
import tessera.compile.CCompiler;
import tessera.compile.Subprocess;
import tessera.compile.Template;
import tessera.dispatch.DecisionTree;
import tessera.dispatch.LaunchPlan;
import tessera.microkernel.MicroKernel;
import tessera.operator.DataType;
import tessera.operator.Numerics;
import tessera.operator.Precision;
import tessera.runtime.Bundle;
import tessera.runtime.BundleManifest;
import tessera.runtime.BundleWriter;
import tessera.storage.Place;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/** The C program {@code use.c}, linked with a CUDA bundle of three micro-kernels and a pair. */
final class UsingProgram {
  /** At most 4 rows: the third kernel; at most 40: the first; else the second and the third. */
  private static final DecisionTree DISPATCH =
      new DecisionTree(
          new int[] {0, -1, 0, -1, -1},
          new long[] {4, 0, 40, 0, 0},
          new int[] {1, 0, 3, 0, 0},
          new int[] {2, 0, 4, 0, 0},
          new int[] {0, 2, 0, 0, 1});

  private static final List<LaunchPlan> PLANS =
      List.of(LaunchPlan.single(0), new LaunchPlan(1, 2, 32, 9), LaunchPlan.single(2));

  private static List<MicroKernel> kernels(CudaTarget target, Numerics numerics) {
    if (numerics.equals(Samples.EMULATED)) {
      return List.of(
          Samples.emulated(0, 1, 1, 64, 4, 1),
          Samples.emulated(1, 2, 1, 32, 3, 2),
          Samples.skinny(4, 4, 4, 2, 2, 2));
    }
    String divided = target.hasClusters() ? "2" : "1";
    if (!numerics.equals(Numerics.FLOAT32)) {
      int step = 64 / numerics.input().bytes();
      MicroKernel second =
          target.hasWarpgroupMultiply()
              ? Samples.wgmma(0, 1, 1, 32, 3, 2)
              : Samples.mma(64, 32, step, 1, 2, 2, divided, 2);
      return List.of(
          Samples.mma(32, 64, step, 2, 2, 3, "streamK", 1),
          second,
          Samples.mma(16, 32, 2 * step, 1, 1, 4, "1", 2));
    }
    return List.of(
        Samples.sliced(2, Samples.simt(32, 64, 16, 4, 8, 8, 2, "streamK", 1)),
        Samples.simt(32, 32, 8, 4, 4, 8, 2, divided, 2),
        Samples.skinny(4, 4, 4, 2, 2, 2));
  }

  private static final Workload WORKLOAD = workload(Numerics.FLOAT32, "N", 36);

  private static Workload workload(Numerics numerics, String n, int k) {
    return new WorkloadSpec(
            "library-test",
            "dense",
            numerics.input().key(),
            numerics.output().key(),
            numerics.precision().key(),
            "bias",
            List.of("M", "N"),
            Map.of("m", "M", "n", n, "k", "" + k))
        .anywhere();
  }

  private UsingProgram() {}

  /** Publishes the whole bundle under a folder, and returns its own. */
  static Path bundle(CudaTarget target, Builder cuda, Path work) throws IOException {
    return bundle(target, cuda, work, WORKLOAD);
  }

  /** The same by tensor cores, with k = 40. */
  static Path bundle(CudaTarget target, Builder cuda, Path work, Numerics numerics)
      throws IOException {
    return bundle(target, cuda, work, workload(numerics, "N", 40));
  }

  /** The same by emulated float32, with fixed weights. */
  static Path bundleOfEmulated(CudaTarget target, Builder cuda, Path work, int n, int k)
      throws IOException {
    return bundle(target, cuda, work, workload(Samples.EMULATED, "" + n, k));
  }

  private static Path bundle(CudaTarget target, Builder cuda, Path work, Workload workload)
      throws IOException {
    Map<String, byte[]> files =
        new TreeMap<>(
            new CudaLibrary(target, cuda, CCompiler.find(work.resolve("builds")))
                .build(
                    workload,
                    kernels(target, workload.numerics()),
                    PLANS,
                    List.of(DISPATCH),
                    "test"));
    files.put(Bundle.DISPATCH, Json.DOCUMENTS.writeValueAsBytes(DISPATCH));
    BundleManifest manifest =
        new BundleManifest(
            BundleManifest.SCHEMA_VERSION,
            workload.name(),
            "test",
            "2026-01-01T00:00:00Z",
            WorkloadSpec.of(workload),
            target,
            "",
            kernels(target, workload.numerics()).stream()
                .map(k -> new BundleManifest.KernelEntry(k.family(), k.family(), k.parameters()))
                .toList(),
            0,
            PLANS,
            List.of(),
            Map.of(),
            Map.of());
    return new BundleWriter(Place.of(work.resolve("bundles")))
        .publish(manifest, files)
        .onDisk()
        .orElseThrow();
  }

  /** Makes bundle and program in a folder, and returns it. */
  static Path made(CudaTarget target, Builder cuda, Path work) throws IOException {
    return made(target, cuda, work, WORKLOAD, List.of());
  }

  /** The same by tensor cores. */
  static Path madeForTf32(CudaTarget target, Builder cuda, Path work) throws IOException {
    Numerics tf32 = new Numerics(DataType.FLOAT32, DataType.FLOAT32, Precision.TF32);
    return made(target, cuda, work, workload(tf32, "N", 36), List.of("-DTF32"));
  }

  /** The same by emulated float32, with n = 64. */
  static Path madeForEmulated(CudaTarget target, Builder cuda, Path work) throws IOException {
    return made(target, cuda, work, workload(Samples.EMULATED, "64", 36), List.of("-DEMULATED"));
  }

  private static Path made(
      CudaTarget target, Builder cuda, Path work, Workload workload, List<String> flags)
      throws IOException {
    CCompiler compiler = CCompiler.find(work.resolve("builds"));
    Map<String, byte[]> files =
        new CudaLibrary(target, cuda, compiler)
            .build(
                workload, kernels(target, workload.numerics()), PLANS, List.of(DISPATCH), "test");
    assertTrue(files.keySet().stream().anyMatch(file -> file.endsWith(".cubin")));
    Files.write(work.resolve("libtessera.so"), files.get("libtessera.so"));
    Files.write(work.resolve("tessera.h"), files.get("tessera.h"));
    Files.writeString(work.resolve("use.c"), Template.resource(UsingProgram.class, "use.c"));
    List<String> command =
        new ArrayList<>(List.of("gcc", "-O1", "-o", "use", "use.c", "-L.", "-l:libtessera.so"));
    command.addAll(List.of("-Wl,-rpath,.", "-lm", "-ldl", "-lpthread"));
    command.addAll(flags);
    Subprocess.Result compiled = Subprocess.run(command, work, Duration.ofSeconds(60));
    assertEquals(0, compiled.exitCode(), compiled.output());
    return work;
  }

  /** Runs a command line that ends with the program's own, in an environment of NAME=value. */
  static Subprocess.Result run(Path work, List<String> environment, String... command)
      throws IOException {
    List<String> whole = new ArrayList<>(List.of("env"));
    whole.addAll(environment);
    whole.addAll(List.of(command));
    return Subprocess.run(whole, work, Duration.ofSeconds(240));
  }
}
