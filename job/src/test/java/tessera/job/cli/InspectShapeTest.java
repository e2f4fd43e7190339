package tessera.job.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.Json;
import tessera.backend.cpu.CpuBackend;
import tessera.backend.cpu.Narrowing;
import tessera.backend.cpu.SampleBundle;
import tessera.dispatch.DecisionTree;
import tessera.dispatch.LaunchPlan;
import tessera.job.Tessera;
import tessera.job.spark.Cluster;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.runtime.Bundle;
import tessera.runtime.BundleManifest;
import tessera.runtime.BundleWriter;
import tessera.storage.Place;
import tessera.workload.Instance;
import tessera.workload.Preparation;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/** {@code inspect --shape} of a bundle with two micro-kernels and a pair of them. */
final class InspectShapeTest {
  /** m = 3 T, n = N, k = 40. */
  private static final WorkloadSpec SPEC =
      new WorkloadSpec(
          "inspected",
          "dense",
          "float32",
          "none",
          List.of("T", "N"),
          Map.of("m", "3 * T", "n", "N", "k", "40"));

  /** T at most 9: plan 1; else N a multiple of 4: plan 0; else plan 2. */
  private static final DecisionTree TREE =
      new DecisionTree(
          new int[] {0, -1, 1, -1, -1},
          new int[] {0, 0, 4, 0, 0},
          new long[] {9, 0, 0, 0, 0},
          new int[] {1, 0, 3, 0, 0},
          new int[] {2, 0, 4, 0, 0},
          new int[] {0, 1, 0, 0, 2});

  private static final List<Instance> MEASURED =
      List.of(new Instance(List.of(2L, 8L), 1), new Instance(List.of(40L, 30L), 1));

  /** Of [plan][instance]; the pair was measured on the second alone. */
  private static final double[][] SECONDS = {
    {4e-6, 40e-6}, {3e-6, 50e-6}, {Double.NaN, 60e-6},
  };

  @TempDir private static Path folder;

  private static Path bundle;
  private static BundleManifest manifest;

  private interface Functions extends Library {
    int tessera_open(String path, PointerByReference bundle);

    int tessera_select(Pointer bundle, long[] shape);

    String tessera_kernel_name(Pointer bundle, int index);

    void tessera_close(Pointer bundle);
  }

  @BeforeAll
  static void publish() throws IOException {
    Narrowing.assumeNarrower();
    CpuBackend backend = CpuBackend.detect();
    Workload workload = SPEC.anywhere();
    SearchSpace space = backend.hardware().space(workload);
    SplittableRandom random = new SplittableRandom();
    List<MicroKernel> kernels =
        Stream.generate(() -> space.sample(random))
            .filter(kernel -> space.family(kernel).tiling(kernel).tileM() > 3)
            .distinct()
            .limit(2)
            .toList();
    int rows = space.family(kernels.get(0)).tiling(kernels.get(0)).tileM();
    List<LaunchPlan> plans =
        List.of(LaunchPlan.single(0), LaunchPlan.single(1), new LaunchPlan(0, 1, rows, rows - 1));
    Map<String, byte[]> files =
        new HashMap<>(backend.library().build(workload, kernels, plans, List.of(TREE), "test"));
    files.put(Bundle.DISPATCH, Json.DOCUMENTS.writeValueAsBytes(TREE));
    try (Cluster cluster = Cluster.start()) {
      files.put(Bundle.TIMINGS, cluster.timings(MEASURED, SECONDS));
    }
    manifest =
        new BundleManifest(
            BundleManifest.SCHEMA_VERSION,
            SPEC.name(),
            "test",
            "2026-01-01T00:00:00Z",
            SPEC,
            backend.target(),
            "",
            kernels.stream()
                .map(
                    kernel ->
                        new BundleManifest.KernelEntry(
                            space.family(kernel).label(kernel),
                            kernel.family(),
                            kernel.parameters()))
                .toList(),
            0,
            plans,
            List.of(
                new BundleManifest.Expected(
                    List.of(2L, 8L), 2, 1, 2.5e-6, 1.5, 0, 0, 1, 0, List.of())),
            Map.of(),
            Map.of());
    bundle =
        new BundleWriter(Place.of(folder.resolve("bundles")))
            .publish(manifest, files)
            .onDisk()
            .orElseThrow();
  }

  private record Ran(int code, List<String> lines) {}

  private static Ran inspect(Object... arguments) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = System.out;
    PrintStream err = System.err;
    try (PrintStream both = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      System.setOut(both);
      System.setErr(both);
      String[] all =
          Stream.concat(Stream.of("inspect"), Stream.of(arguments).map(Object::toString))
              .toArray(String[]::new);
      int code = Tessera.execute(all);
      return new Ran(code, bytes.toString(StandardCharsets.UTF_8).lines().toList());
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  private static void assertMistake(String message, Object... arguments) {
    Ran ran = inspect(arguments);
    assertEquals(List.of("tessera: " + message), ran.lines);
    assertEquals(2, ran.code);
  }

  private static String kernel(int index) {
    return manifest.kernels().get(index).name();
  }

  @Test
  void measuredShape_hasItsPathItsTimeAndTheNextPlan() {
    Ran ran = inspect(bundle, "--shape", "N=8,T=2");
    assertEquals(0, ran.code, ran.lines.toString());
    assertEquals("shape      T=2, N=8: batch 1, m 6, n 8, k 40", ran.lines.get(0));
    assertEquals("path       T <= 9: yes", ran.lines.get(1));
    assertEquals("plan 1     " + kernel(1), ran.lines.get(2));
    assertEquals("  rows     0 to 5 of 6 by kernel 1, " + kernel(1), ran.lines.get(3));
    assertEquals(
        "expected   2.5 us, 1.5 GFLOP/s, on 2 threads, measured through the bundle (manifest.json)",
        ran.lines.get(5));
    assertEquals(
        "second     plan 0, "
            + kernel(0)
            + ": 4.0 us, 1.333 times the dispatched plan's 3.0, measured to train the dispatcher (timings.parquet)",
        ran.lines.get(6));
    assertEquals(7, ran.lines.size());
  }

  @Test
  void shapeInTheTableAlone_hasItsTimeFromThere() {
    Ran ran = inspect(bundle, "--shape", "T=40", "--shape", "N=30");
    assertEquals("path       T <= 9: no", ran.lines.get(1));
    assertEquals("           N % 4 <= 0: no", ran.lines.get(2));
    String last = ran.lines.get(ran.lines.size() - 2);
    assertTrue(
        last.startsWith("expected   60.0 us, 4.8 GFLOP/s, on 2 threads, measured to train"), last);
    assertTrue(ran.lines.get(ran.lines.size() - 1).startsWith("second     plan 0, " + kernel(0)));
  }

  @Test
  void shapeThatWasNotMeasured_isPredicted_andFarOnesSaySo() {
    Ran near = inspect(bundle, "--shape", "T=20,N=20");
    assertTrue(near.lines.stream().noneMatch(line -> line.startsWith("range")), near.toString());
    String expected = near.lines.get(near.lines.size() - 2);
    assertTrue(
        expected.endsWith("predicted by the cost model, fitted to the times in timings.parquet"),
        expected);
    Ran far = inspect(bundle, "--shape", "T=41,N=7");
    assertEquals(
        List.of(
            "range      T=41 is outside of 2 to 40, where the bundle was measured; the call is right, its speed a guess",
            "range      N=7 is outside of 8 to 30, where the bundle was measured; the call is right, its speed a guess"),
        far.lines.subList(1, 3));
  }

  @Test
  void plan_ofAnyShape_isTheOneThatTheCLibrarySelects() {
    Functions c = Native.load(bundle.resolve(Bundle.LIBRARY).toString(), Functions.class);
    PointerByReference handle = new PointerByReference();
    assertEquals(0, c.tessera_open(null, handle));
    SplittableRandom random = new SplittableRandom();
    for (int i = 0; i < 3; i++) {
      long[] values = {random.nextLong(1, 30), random.nextLong(1, 30)};
      Ran ran = inspect(bundle, "--shape", "T=" + values[0] + ",N=" + values[1]);
      int plan = c.tessera_select(handle.getValue(), values);
      String line = "plan " + plan + "     " + c.tessera_kernel_name(handle.getValue(), plan);
      assertTrue(ran.lines.stream().anyMatch(l -> l.startsWith(line)), line + " in " + ran.lines);
    }
    c.tessera_close(handle.getValue());
  }

  @Test
  void pair_withRowsLeft_hasALineForEachLaunch() {
    int rows = manifest.plans().get(2).rows();
    long t =
        Stream.iterate(10L, v -> v + 1)
            .filter(v -> 3 * v > rows && 3 * v % rows > 0)
            .findFirst()
            .orElseThrow();
    Ran ran = inspect(bundle, "--shape", "T=" + t + ",N=9");
    long m = 3 * t;
    long whole = m / rows * rows;
    String first = "  rows     0 to " + (whole - 1) + " of " + m + " by kernel 0, " + kernel(0);
    String rest =
        "  rows     " + whole + " to " + (m - 1) + " of " + m + " by kernel 1, " + kernel(1);
    assertTrue(ran.lines.containsAll(List.of(first, rest)), ran.lines.toString());
  }

  @Test
  void bundleOfBothForms_saysHowPreparedWeightsAreServedToo() {
    WorkloadSpec spec =
        new WorkloadSpec(
            "both",
            "dense",
            "float32",
            "none",
            List.of("T"),
            Map.of("m", "T", "n", "48", "k", "40"));
    List<Instance> measured = List.of(new Instance(List.of(7L), 1));
    byte[] timings;
    try (Cluster cluster = Cluster.start()) {
      timings = cluster.timings(measured, new double[][] {{3e-6}});
    }
    Path both =
        SampleBundle.publishBoth(
            CpuBackend.detect(),
            spec.anywhere().preparing(Preparation.TOO),
            folder.resolve("both"),
            List.of(
                new BundleManifest.Expected(List.of(7L), 1, 0, 2e-6, 13.4, 0, 0, 1, 0, List.of())),
            Map.of(Bundle.TIMINGS, timings));
    List<String> timed = inspect(both, "--shape", "T=7").lines;
    int prepared = timed.indexOf("with prepared weights:");
    assertEquals(
        "expected   3.0 us, 9.0 GFLOP/s, predicted by the cost model, fitted to the times in timings.parquet",
        timed.get(prepared - 2));
    List<BundleManifest.KernelEntry> kernels = Bundle.open(both).manifest().kernels();
    assertEquals("path       no test: one plan serves all shapes", timed.get(prepared + 1));
    assertEquals("plan 0     " + kernels.get(1).name(), timed.get(prepared + 2));
    assertEquals(
        "expected   2.0 us, 13.4 GFLOP/s, measured through the bundle (manifest.json)",
        timed.get(prepared + 5));
    assertEquals("second     none: one plan serves all shapes", timed.get(prepared + 6));
    List<String> other = inspect(both, "--shape", "T=5").lines;
    assertTrue(
        other.get(other.size() - 2).endsWith("fitted to the times in manifest.json"),
        other.toString());
  }

  @Test
  void mistakes_areNamedWithTheirRemedy() throws IOException {
    String like = "; give --shape T=9,N=9";
    assertMistake("inspected has no shape variable 'M'" + like, bundle, "--shape", "M=1,N=2");
    assertMistake("--shape lacks a value of N" + like, bundle, "--shape", "T=1");
    assertMistake("--shape takes VARIABLE=VALUE, not 'T'" + like, bundle, "--shape", "T");
    assertMistake("--shape gives T twice; give it once", bundle, "--shape", "T=1,T=2");
    for (String bad : List.of("two", "0", "-3", "1.5", "")) {
      assertMistake(
          "--shape gives T the value '"
              + bad
              + "'; give a whole number from 1 to 999999999999999999",
          bundle,
          "--shape",
          "N=1,T=" + bad);
    }
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertMistake(
        empty
            + " is neither a run (it has no run.json) nor a bundle (it has no SHA256SUMS); give a folder that tune printed",
        empty,
        "--shape",
        "T=1");
    Path run = Files.createDirectory(folder.resolve("run"));
    Files.writeString(run.resolve("run.json"), "{}");
    assertMistake(
        "--shape asks for a bundle, and " + run + " is a run; give the run's bundle",
        run,
        "--shape",
        "T=1");
  }
}
