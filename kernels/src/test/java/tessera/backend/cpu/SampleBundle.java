package tessera.backend.cpu;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import tessera.Json;
import tessera.dispatch.DecisionTree;
import tessera.dispatch.LaunchPlan;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.runtime.Bundle;
import tessera.runtime.BundleManifest;
import tessera.runtime.BundleWriter;
import tessera.storage.Place;
import tessera.workload.Preparation;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/** A published bundle of two micro-kernels and a pair: m = 3 T, n = N, k = 40. */
public final class SampleBundle {
  private SampleBundle() {}

  /**
   * @param deviceKey of the hardware that it claims to be for
   * @return the bundle's folder under {@code root}
   */
  static Path publish(CpuTarget here, String epilogue, String deviceKey, Path root) {
    CpuTarget target =
        new CpuTarget(
            here.model(),
            deviceKey,
            here.isa(),
            here.lanes(),
            here.registers(),
            here.cores(),
            here.l1Bytes(),
            here.l2Bytes(),
            here.l3Bytes(),
            here.compiler(),
            here.peakGflops());
    return publish(CpuBackend.of(target), epilogue, root);
  }

  public static Path publish(CpuBackend made, String epilogue, Path root) {
    WorkloadSpec spec =
        new WorkloadSpec(
            "bundle-test",
            "dense",
            "float32",
            epilogue,
            List.of("T", "N"),
            Map.of("m", "3 * T", "n", "N", "k", "40"));
    return publish(made, spec.anywhere(), root);
  }

  static Path publish(CpuBackend made, Workload workload, Path root) {
    WorkloadSpec spec = WorkloadSpec.of(workload);
    SplittableRandom random = new SplittableRandom(5);
    List<MicroKernel> kernels = kernels(made, workload, random);
    DecisionTree tree =
        new DecisionTree(
            new int[] {0, -1, -1},
            new long[] {9, 0, 0},
            new int[] {1, 0, 0},
            new int[] {2, 0, 0},
            new int[] {0, 1, 0});
    int rows =
        made.hardware().space(workload).family(kernels.get(1)).tiling(kernels.get(1)).tileM();
    List<LaunchPlan> plans =
        List.of(
            LaunchPlan.single(0),
            rows > 1 ? new LaunchPlan(1, 0, rows, (rows + 1) / 2) : LaunchPlan.single(1));
    Map<String, byte[]> files =
        new HashMap<>(
            new CpuLibrary(made).build(workload, kernels, plans, List.of(tree), "test-id"));
    files.put(Bundle.DISPATCH, json(tree));
    BundleManifest manifest =
        new BundleManifest(
            BundleManifest.SCHEMA_VERSION,
            spec.name(),
            "test-id",
            "2026-01-01T00:00:00Z",
            spec,
            made.target(),
            "",
            kernels.stream().map(kernel -> entry(made.hardware().space(workload), kernel)).toList(),
            made.hardware().preparedBytes(workload, kernels),
            plans,
            List.of(),
            Map.of(),
            Map.of());
    return new BundleWriter(Place.of(root)).publish(manifest, files).onDisk().orElseThrow();
  }

  /** A bundle that serves weights as they are by one micro-kernel and prepared ones by another. */
  public static Path publishBoth(CpuBackend made, Workload workload, Path root) {
    return publishBoth(made, workload, root, List.of(), Map.of());
  }

  /**
   * @param prepared what is expected of calls with prepared weights
   * @param others files beside those that every bundle has
   */
  public static Path publishBoth(
      CpuBackend made,
      Workload workload,
      Path root,
      List<BundleManifest.Expected> prepared,
      Map<String, byte[]> others) {
    SplittableRandom random = new SplittableRandom();
    CpuFamily dot = new CpuDot(made.target(), workload);
    CpuFamily gemm = new CpuGemm(made.target(), workload.preparing(Preparation.ONLY));
    List<MicroKernel> kernels =
        Stream.of(dot, gemm)
            .map(family -> new SearchSpace(List.of(family)).sample(random))
            .toList();
    DecisionTree first = DecisionTree.constant(0);
    Map<String, byte[]> files =
        new HashMap<>(
            new CpuLibrary(made)
                .build(
                    workload,
                    kernels,
                    LaunchPlan.singles(2),
                    List.of(first, first.shifted(1)),
                    "both"));
    files.put(Bundle.DISPATCH, json(first));
    files.put(Bundle.PREPARED_DISPATCH, json(first));
    files.putAll(others);
    BundleManifest manifest =
        new BundleManifest(
            BundleManifest.SCHEMA_VERSION,
            workload.name(),
            "both",
            "2026-01-01T00:00:00Z",
            WorkloadSpec.of(workload),
            made.target(),
            "",
            kernels.stream().map(kernel -> entry(made.hardware().space(workload), kernel)).toList(),
            made.hardware().preparedBytes(workload, kernels),
            List.of(LaunchPlan.single(0)),
            List.of(),
            List.of(LaunchPlan.single(1)),
            prepared,
            Map.of(),
            Map.of());
    return new BundleWriter(Place.of(root)).publish(manifest, files).onDisk().orElseThrow();
  }

  /** Two of any family; where weights are prepared, the first reads them so. */
  private static List<MicroKernel> kernels(
      CpuBackend made, Workload workload, SplittableRandom random) {
    SearchSpace space = made.hardware().space(workload);
    SearchSpace first =
        workload.prepares()
            ? new SearchSpace(List.of(new CpuGemm(made.target(), workload)))
            : space;
    return List.of(first.sample(random), space.sample(random));
  }

  private static BundleManifest.KernelEntry entry(SearchSpace space, MicroKernel kernel) {
    return new BundleManifest.KernelEntry(
        space.family(kernel).label(kernel), kernel.family(), kernel.parameters());
  }

  private static byte[] json(Object value) {
    try {
      return Json.DOCUMENTS.writeValueAsBytes(value);
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
