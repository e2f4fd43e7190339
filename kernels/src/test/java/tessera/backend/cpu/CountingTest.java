package tessera.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.compile.Subprocess;
import tessera.runtime.Bundle;
import tessera.runtime.BundleManifest;
import tessera.runtime.BundleWriter;
import tessera.runtime.TunedOperator;
import tessera.storage.Place;
import tessera.workload.WorkloadSpec;

/** What bundles count of their calls, and the traces that they write. */
final class CountingTest {
  private static CpuBackend backend;
  private static Path counting;

  @TempDir private static Path programs;
  @TempDir private Path folder;

  private Path file;

  /** The run time around a kernel that does nothing. */
  @BeforeAll
  static void compile() throws IOException, URISyntaxException {
    Narrowing.assumeNarrower();
    backend = CpuBackend.detect();
    counting = programs.resolve("counting");
    ran(
        Duration.ofSeconds(60),
        "gcc",
        "-O2",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-I" + resource(Bundle.class, "bundle.c").getParent(),
        resource(CountingTest.class, "/tessera/runtime/counting.c").toString(),
        "-o",
        counting.toString(),
        "-ldl",
        "-lpthread");
  }

  private static Path resource(Class<?> beside, String name) throws URISyntaxException {
    return Path.of(beside.getResource(name).toURI());
  }

  private static void ran(Duration limit, String... command) throws IOException {
    Subprocess.Result result = Subprocess.run(List.of(command), programs, limit);
    assertEquals(0, result.exitCode(), result.output());
  }

  @BeforeEach
  void name() {
    file = folder.resolve("calls.csv");
  }

  /** What a trace says of one variable T. */
  private Map<Long, Long> counts() throws IOException {
    List<String> lines = Files.readAllLines(file);
    assertEquals("T,calls", lines.get(0));
    Map<Long, Long> counts = new TreeMap<>();
    for (String line : lines.subList(1, lines.size())) {
      String[] cells = line.split(",");
      Long before = counts.put(Long.parseLong(cells[0]), Long.parseLong(cells[1]));
      assertEquals(null, before, line);
    }
    assertEquals(new ArrayList<>(new TreeSet<>(counts.keySet())), List.copyOf(counts.keySet()));
    return counts;
  }

  private Map<Long, Long> counted(int threads, int calls, int shapes) throws IOException {
    ran(
        Duration.ofSeconds(60),
        counting.toString(),
        "sums",
        "" + threads,
        "" + calls,
        "" + shapes,
        file.toString());
    return counts();
  }

  private static Map<Long, Long> expected(int threads, long calls, int shapes) {
    Map<Long, Long> expected = new TreeMap<>();
    for (int thread = 0; thread < threads; thread++) {
      for (long call = 0; call < calls; call++) {
        expected.merge((call * call + thread) % shapes + 1, 1L, Long::sum);
      }
    }
    return expected;
  }

  @Test
  void count_byEightThreads_isExact() throws IOException {
    assertEquals(expected(8, 100_000, 300), counted(8, 100_000, 300));
  }

  /** More threads than have counts of their own. */
  @Test
  void count_byThreeHundredThreads_isExact() throws IOException {
    assertEquals(expected(300, 1000, 50), counted(300, 1000, 50));
  }

  @Test
  void count_ofManyShapes_roundsTheLaterOnesAndLosesNone() throws IOException {
    Map<Long, Long> exact = expected(8, 20_000, 100_003);
    Map<Long, Long> counts = counted(8, 20_000, 100_003);
    assertEquals(
        160_000, counts.values().stream().mapToLong(Long::longValue).sum(), "calls of all shapes");
    assertTrue(exact.size() > 10_000 && counts.size() <= 1024 + 256, counts.size() + " rows");
    Map<Long, Long> octavesEighths = new HashMap<>();
    exact.forEach((value, calls) -> octavesEighths.merge(eighth(value), calls, Long::sum));
    Map<Long, Long> rounded = new HashMap<>();
    counts.forEach((value, calls) -> rounded.merge(eighth(value), calls, Long::sum));
    assertEquals(octavesEighths, rounded);
  }

  /** The least value of an eighth of an octave. */
  private static long eighth(long value) {
    int shift = Math.max(0, 60 - Long.numberOfLeadingZeros(value));
    return value >> shift << shift;
  }

  private Path publish(WorkloadSpec spec) {
    return SampleBundle.publish(backend, spec.anywhere(), folder.resolve("bundles"));
  }

  private static WorkloadSpec spec() {
    Map<String, String> extents = Map.of("m", "T", "n", "N", "k", "8");
    return new WorkloadSpec("counted", "dense", "float32", "none", List.of("T", "N"), extents);
  }

  private void call(TunedOperator operator, long... shape) {
    SplittableRandom random = new SplittableRandom();
    FloatBuffer y = BundleUse.floats(shape[0] * shape[1], null);
    operator.run(
        shape, y, BundleUse.floats(shape[0] * 8, random), BundleUse.floats(shape[1] * 8, random));
  }

  @Test
  void counts_inJava_areOfTheCallsWhileItCounted() throws IOException {
    try (TunedOperator operator = TunedOperator.open(publish(spec()))) {
      call(operator, 3, 1);
      TunedOperator.TesseraException nothing =
          assertThrows(TunedOperator.TesseraException.class, () -> operator.counts(file));
      assertEquals(
          "counts: nothing was counted; call tessera_count(bundle, 1) before the calls",
          nothing.getMessage());
      operator.count(true);
      operator.counts(file);
      assertEquals("T,N,calls\n", Files.readString(file));
      call(operator, 12, 2);
      call(operator, 3, 5);
      call(operator, 12, 2);
      operator.count(false);
      call(operator, 12, 2);
      operator.counts(file);
      assertEquals("T,N,calls\n3,5,1\n12,2,2\n", Files.readString(file));
      operator.count(true);
      call(operator, 12, 1);
      operator.counts(file);
      assertEquals("T,N,calls\n3,5,1\n12,1,1\n12,2,2\n", Files.readString(file));
    }
    try (Stream<Path> left = Files.list(folder)) {
      assertEquals(
          Set.of("bundles", "calls.csv"),
          Set.copyOf(left.map(path -> path.getFileName().toString()).toList()));
    }
  }

  @Test
  void counts_whereNoFileCanBe_saysWhyAndLeavesNothing() throws IOException {
    try (TunedOperator operator = TunedOperator.open(publish(spec()))) {
      operator.count(true);
      call(operator, 1, 1);
      Path nowhere = folder.resolve("no/calls.csv");
      TunedOperator.TesseraException refused =
          assertThrows(TunedOperator.TesseraException.class, () -> operator.counts(nowhere));
      assertEquals("NOT_WRITTEN", refused.status());
      assertTrue(
          refused.getMessage().startsWith("counts: the counts cannot be written to ")
              && refused
                  .getMessage()
                  .endsWith(
                      " (No such file or directory); give a file in a folder that exists and may be written"),
          refused.getMessage());
      Path taken = Files.createDirectories(folder.resolve("taken/calls.csv/inside")).getParent();
      assertThrows(TunedOperator.TesseraException.class, () -> operator.counts(taken));
      try (Stream<Path> left = Files.list(taken.getParent())) {
        assertEquals(List.of(taken), left.toList());
      }
    }
  }

  @Test
  void counts_inCJavaAndPython_agree() throws Exception {
    Path bundle = publish(spec());
    long[][] shapes = {{1, 7}, {129, 2}, {1, 7}, {40, 40}};
    try (TunedOperator operator = TunedOperator.open(bundle)) {
      operator.count(true);
      for (long[] shape : shapes) {
        call(operator, shape);
      }
      operator.counts(file);
    }
    String byJava = Files.readString(file);
    assertEquals("T,N,calls\n1,7,2\n40,40,1\n129,2,1\n", byJava);
    Files.delete(file);
    inC(bundle, shapes);
    assertEquals(byJava, Files.readString(file));
    BundleUse.assertPython(
        bundle,
        "numpy as np",
        """
        op = tessera.Operator()
        try:
            op.counts("%1$s")
            raise SystemExit("counts without counting")
        except tessera.TesseraError as error:
            assert error.status == "INVALID_ARGUMENT" and "nothing was counted" in str(error), error
        op.count()
        for t, n in ((1, 7), (129, 2), (1, 7), (40, 40)):
            op(np.zeros((t, 8), np.float32), np.zeros((n, 8), np.float32))
        op.count(False)
        op(np.zeros((1, 8), np.float32), np.zeros((1, 8), np.float32))
        op.counts("%1$s.python")
        try:
            op.counts("/nowhere/calls.csv")
            raise SystemExit("a file in no folder was written")
        except tessera.TesseraError as error:
            assert error.status == "NOT_WRITTEN", error
        """
            .replace("%1$s", file.toString()));
    assertEquals(byJava, Files.readString(Path.of(file + ".python")));
  }

  private void inC(Path bundle, long[][] shapes) {
    CLibrary c = CLibrary.of(bundle);
    PointerByReference handle = new PointerByReference();
    assertEquals(CLibrary.OK, c.tessera_open(bundle.toString(), handle));
    Pointer opened = handle.getValue();
    assertEquals(CLibrary.INVALID_ARGUMENT, c.tessera_counts(opened, file.toString()));
    assertEquals(CLibrary.OK, c.tessera_count(opened, 1));
    FloatBuffer x = BundleUse.floats(129 * 8, new SplittableRandom());
    FloatBuffer y = BundleUse.floats(40 * 40, null);
    Pointer input = Native.getDirectBufferPointer(x);
    Pointer[] inputs = {input, input};
    for (long[] shape : shapes) {
      assertEquals(
          CLibrary.OK,
          c.tessera_run(opened, shape, inputs, Native.getDirectBufferPointer(y), null));
    }
    assertEquals(
        CLibrary.INVALID_ARGUMENT,
        c.tessera_run(opened, new long[] {0, 1}, inputs, Native.getDirectBufferPointer(y), null));
    assertEquals(CLibrary.INVALID_ARGUMENT, c.tessera_counts(opened, null));
    assertEquals(CLibrary.NOT_WRITTEN, c.tessera_counts(opened, "/nowhere/calls.csv"));
    assertEquals(CLibrary.OK, c.tessera_counts(opened, file.toString()));
    c.tessera_close(opened);
  }

  /** A bundle from before there was counting: its library lacks the functions. */
  @Test
  void count_byAFormerBundle_saysSoInJavaAndPython() throws Exception {
    Path bundle = publish(spec());
    ran(
        Duration.ofSeconds(100),
        "gcc",
        "-shared",
        "-fPIC",
        "-fvisibility=hidden",
        "-Wl,-Bsymbolic",
        "-Wl,-z,nodelete", // else its threads outlive its code where a collection of garbage
        // unloads it
        "-Dtessera_count=formerly_nothing",
        "-Dtessera_counts=formerly_nothing_either",
        "-I" + bundle,
        bundle.resolve("tessera_counted.c").toString(),
        "-o",
        programs.resolve("former.so").toString(),
        "-ldl",
        "-lm",
        "-lpthread");
    Map<String, byte[]> files = new HashMap<>();
    BundleManifest manifest = Bundle.open(bundle).manifest();
    for (String name : manifest.files().keySet()) {
      files.put(name, Files.readAllBytes(bundle.resolve(name)));
    }
    files.put(Bundle.LIBRARY, Files.readAllBytes(programs.resolve("former.so")));
    Path former =
        new BundleWriter(Place.of(folder.resolve("former")))
            .publish(manifest, files)
            .onDisk()
            .orElseThrow();
    String sentence =
        "this bundle of counted was published before bundles could count calls; publish it again";
    try (TunedOperator operator = TunedOperator.open(former)) {
      for (Runnable use :
          List.<Runnable>of(() -> operator.count(true), () -> operator.counts(file))) {
        TunedOperator.TesseraException refused =
            assertThrows(TunedOperator.TesseraException.class, use::run);
        assertEquals(sentence, refused.getMessage());
      }
      call(operator, 3, 4);
    }
    BundleUse.assertPython(
        former,
        "sys",
        """
        op = tessera.Operator()
        for use in (op.count, lambda: op.counts("never.csv")):
            try:
                use()
                raise SystemExit("a former bundle counted")
            except tessera.TesseraError as error:
                assert str(error) == "%s", error
        """
            .replace("%s", sentence));
    assertFalse(Files.exists(file));
  }
}
