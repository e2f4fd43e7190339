package tessera.job;

import java.util.List;
import java.util.Map;
import tessera.backend.cuda.Samples;
import tessera.dispatch.LaunchPlan;
import tessera.runtime.BundleManifest;
import tessera.workload.WorkloadSpec;

/** What tests without files know of a bundle for a GPU. */
public final class SmallBundle {
  public static final WorkloadSpec WORKLOAD =
      new WorkloadSpec(
          "small",
          "dense",
          "float32",
          "none",
          List.of("T"),
          Map.of("m", "T", "n", "32", "k", "64"));

  private SmallBundle() {}

  public static BundleManifest manifest() {
    return manifest(BundleManifest.SCHEMA_VERSION, List.of());
  }

  public static BundleManifest manifest(int schemaVersion) {
    return manifest(schemaVersion, List.of());
  }

  /** One that serves prepared weights in another way. */
  public static BundleManifest manifestOfBothForms() {
    return manifest(BundleManifest.SCHEMA_VERSION, List.of(LaunchPlan.single(0)));
  }

  private static BundleManifest manifest(int schemaVersion, List<LaunchPlan> preparedPlans) {
    return new BundleManifest(
        schemaVersion,
        WORKLOAD.name(),
        "id",
        "2026-01-01T00:00:00Z",
        WORKLOAD,
        Samples.H200,
        "",
        List.of(),
        0,
        List.of(),
        List.of(),
        preparedPlans,
        List.of(),
        Map.of(),
        Map.of());
  }
}
