package tessera.analysis;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tessera.Json;
import tessera.backend.WeightsForm;
import tessera.backend.cuda.Samples;
import tessera.dispatch.DecisionTree;
import tessera.dispatch.LaunchPlan;
import tessera.job.spark.tables.TimingsTable;
import tessera.runtime.Bundle;
import tessera.runtime.BundleManifest;
import tessera.runtime.BundleWriter;
import tessera.storage.Place;
import tessera.workload.Instance;
import tessera.workload.WorkloadSpec;
import tessera.workload.trace.Trace;

/** Bundles that say what a test wants, with two plans and nothing that could run. */
public final class MadeUpBundle {
  /** m = 16 T, n = 32, k = 64. */
  private static final WorkloadSpec SPEC =
      new WorkloadSpec(
          "made-up",
          "dense",
          "float32",
          "none",
          List.of("T"),
          Map.of("m", "16 * T", "n", "32", "k", "64"));

  /** T at most 4: plan 0; else plan 1. */
  private static final DecisionTree TREE =
      new DecisionTree(
          new int[] {0, -1, -1},
          new long[] {4, 0, 0},
          new int[] {1, 0, 0},
          new int[] {2, 0, 0},
          new int[] {0, 0, 1});

  private int version = BundleManifest.SCHEMA_VERSION;
  private WorkloadSpec spec = SPEC;
  private final List<BundleManifest.Expected> expected = new ArrayList<>();
  private final List<Instance> trained = new ArrayList<>();
  private final List<Double> seconds = new ArrayList<>();
  private final Map<List<Long>, Double> tuned = new HashMap<>();

  public MadeUpBundle ofVersion(int older) {
    version = older;
    return this;
  }

  public MadeUpBundle withEpilogue(String epilogue) {
    spec =
        new WorkloadSpec(
            SPEC.name(), SPEC.operator(), SPEC.dtype(), epilogue, SPEC.variables(), SPEC.extents());
    return this;
  }

  /**
   * @param extent m
   */
  public MadeUpBundle withRows(String extent) {
    spec =
        new WorkloadSpec(
            SPEC.name(),
            SPEC.operator(),
            SPEC.dtype(),
            SPEC.epilogue(),
            SPEC.variables(),
            Map.of("m", extent, "n", "32", "k", "64"));
    return this;
  }

  /** A call that was timed beside a vendor's library. */
  public MadeUpBundle timed(long shape, double weight, double took, double vendor, double spread) {
    expected.add(
        new BundleManifest.Expected(
            List.of(shape),
            1,
            plan(shape),
            took,
            1,
            vendor,
            0,
            weight,
            spread,
            vendor > 0
                ? List.of(
                    new BundleManifest.PeerTime("OneLib", "1.2", WeightsForm.PREPARED, vendor / 2))
                : List.of()));
    return this;
  }

  /**
   * Both plans on a shape that the dispatcher was trained on; the other takes half as long again.
   */
  public MadeUpBundle trained(long shape, double weight, double took) {
    trained.add(new Instance(List.of(shape), weight));
    seconds.add(took);
    return this;
  }

  /** A shape that it was tuned for, as a list in the bundle says. */
  public MadeUpBundle tunedFor(long shape, double weight) {
    tuned.put(List.of(shape), weight);
    return this;
  }

  private static int plan(long shape) {
    return TREE.select(new long[] {shape});
  }

  /** Its folder, somewhere under another. */
  public Place publish(Place folder) {
    double[][] table = new double[2][trained.size()];
    for (int i = 0; i < trained.size(); i++) {
      int chosen = plan(trained.get(i).values().get(0));
      table[chosen][i] = seconds.get(i);
      table[1 - chosen][i] = 1.5 * seconds.get(i);
    }
    Map<String, byte[]> files = new HashMap<>();
    files.put(Bundle.TIMINGS, TimingsTable.parquet(trained, table));
    if (!tuned.isEmpty()) {
      files.put(Bundle.WEIGHTS, Trace.of(spec.variables(), tuned).csv());
    }
    try {
      files.put(Bundle.DISPATCH, Json.DOCUMENTS.writeValueAsBytes(TREE));
      return new BundleWriter(folder).publish(manifest(), files);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private BundleManifest manifest() {
    return new BundleManifest(
        version,
        spec.name(),
        "test",
        "2026-01-01T00:00:00Z",
        spec,
        Samples.H200,
        "",
        List.of(
            new BundleManifest.KernelEntry("first", "cuda-simt", Map.of()),
            new BundleManifest.KernelEntry("second", "cuda-simt", Map.of())),
        0,
        LaunchPlan.singles(2),
        expected,
        Map.of("vendor", "a library"),
        Map.of());
  }
}
