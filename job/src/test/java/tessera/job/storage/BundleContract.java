package tessera.job.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.UserError;
import tessera.backend.cpu.CpuBackend;
import tessera.backend.cpu.SampleBundle;
import tessera.integrity.Trust;
import tessera.runtime.Bundle;
import tessera.runtime.BundleCopy;
import tessera.runtime.BundleFiles;
import tessera.runtime.BundleManifest;
import tessera.runtime.BundleWriter;
import tessera.runtime.TunedOperator;
import tessera.storage.Place;

/** What publishing and fetching promise, on any storage. */
abstract class BundleContract {
  @TempDir private static Path made;

  private static Path sample;
  private static BundleManifest manifest;
  private static final Map<String, byte[]> FILES = new TreeMap<>();

  @TempDir private Path temporary;

  /** A new one. */
  abstract Place folder() throws IOException;

  @BeforeAll
  static void make() throws IOException {
    sample = SampleBundle.publish(CpuBackend.detect(), "none", made);
    manifest = Bundle.open(sample).manifest();
    FILES.clear();
    for (String name : manifest.files().keySet()) {
      FILES.put(name, Files.readAllBytes(sample.resolve(name)));
    }
  }

  static Place publish(Place root, String created) {
    return new BundleWriter(root).publish(manifest(created), FILES);
  }

  private static BundleManifest manifest(String created) {
    return new BundleManifest(
        manifest.schemaVersion(),
        manifest.name(),
        manifest.id(),
        created,
        manifest.workload(),
        manifest.target(),
        manifest.tolerance(),
        manifest.kernels(),
        manifest.preparedBytes(),
        manifest.plans(),
        manifest.expected(),
        manifest.tools(),
        Map.of());
  }

  private static Place latest(Place bundle) {
    return bundle.parent().orElseThrow().resolve("latest");
  }

  private String fetchedCreation(Place bundle, String name) {
    Path folder = temporary.resolve(name);
    BundleCopy.fetch(bundle, folder, Trust.anyone());
    return Bundle.open(folder).manifest().created();
  }

  /** Numbers of the versions that are there. */
  private static List<String> numbers(Place bundle) throws IOException {
    return bundle.parent().orElseThrow().list().stream()
        .map(Place::name)
        .filter(name -> name.startsWith("v"))
        .map(name -> name.substring(0, 5))
        .toList();
  }

  @Test
  void fetch_latest_bringsEveryFileOfTheNewest() throws IOException {
    Place root = folder().resolve("a b [c]");
    publish(root, "first");
    Place second = publish(root, "second");
    assertEquals("second", fetchedCreation(latest(second), "copy"));
    for (Map.Entry<String, byte[]> file : FILES.entrySet()) {
      assertArrayEquals(
          file.getValue(), Files.readAllBytes(temporary.resolve("copy").resolve(file.getKey())));
    }
    assertEquals(List.of("v0001", "v0002"), numbers(second));
    assertEquals(List.of(latest(second)), Bundle.latest(root));
    UserError error = assertThrows(UserError.class, () -> fetchedCreation(latest(second), "copy"));
    Path copy = temporary.resolve("copy");
    assertEquals(
        copy
            + " is in the bundle "
            + copy
            + ", whose files stay as they were published; name a folder outside of it",
        error.getMessage());
  }

  @Test
  void of_beforeThePublication_isWhatIsPublished() throws IOException {
    BundleFiles before = BundleFiles.of(manifest("now"), FILES);
    Path folder = temporary.resolve("fetched");
    BundleCopy.fetch(publish(folder(), "now"), folder, Trust.anyone());
    Bundle bundle = Bundle.open(folder);
    assertEquals(bundle.digest(), before.digest());
    BundleFiles after = BundleFiles.of(bundle);
    assertEquals(after.contents().keySet(), before.contents().keySet());
    after
        .contents()
        .forEach((name, content) -> assertArrayEquals(content, before.contents().get(name), name));
  }

  @Test
  void open_uri_runsAndLeavesNothing() throws IOException {
    Place bundle = publish(folder(), "now");
    float[] x = new float[6 * 40];
    float[] w = new float[2 * 40];
    Arrays.fill(x, 2);
    Arrays.fill(w, 3);
    FloatBuffer y = buffer(new float[6 * 2]);
    List<String> before = copies();
    try (TunedOperator operator = TunedOperator.open(latest(bundle).uri())) {
      operator.run(new long[] {2, 2}, y, buffer(x), buffer(w));
    }
    for (int i = 0; i < y.capacity(); i++) {
      assertEquals(240, y.get(i));
    }
    assertEquals(before, copies());
  }

  private static FloatBuffer buffer(float[] values) {
    FloatBuffer buffer =
        ByteBuffer.allocateDirect(4 * values.length).order(ByteOrder.nativeOrder()).asFloatBuffer();
    return buffer.put(0, values);
  }

  private static List<String> copies() throws IOException {
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return files
          .map(Path::toString)
          .filter(name -> name.contains("tessera-bundle"))
          .sorted()
          .toList();
    }
  }

  /** Publishers at once, and a reader who never sees a part or a mixture of theirs. */
  @Test
  void publish_byManyWhileOneReads_everyBundleIsWhole() throws Exception {
    Place root = folder();
    Place first = publish(root, "first");
    List<Callable<Place>> tasks = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      String created = "publisher " + i;
      tasks.add(() -> publish(root, created));
    }
    for (int i = 0; i < 6; i++) {
      String name = "read-" + i;
      tasks.add(
          () -> {
            fetchedCreation(latest(first), name);
            return first;
          });
    }
    ExecutorService threads = Executors.newFixedThreadPool(5);
    try {
      for (Future<Place> each : threads.invokeAll(tasks)) {
        each.get();
      }
    } finally {
      threads.shutdown();
    }
    List<Place> versions =
        first.parent().orElseThrow().list().stream()
            .filter(place -> !place.name().equals("latest"))
            .toList();
    assertEquals(5, versions.size(), versions.toString());
    List<String> created = new ArrayList<>();
    for (Place version : versions) {
      created.add(fetchedCreation(version, version.name()));
    }
    assertEquals(
        List.of("first", "publisher 0", "publisher 1", "publisher 2", "publisher 3"),
        created.stream().sorted().toList());
    assertTrue(created.contains(fetchedCreation(latest(first), "last")));
  }

  @Test
  void prune_oldOnes_keepsTheNewestAndWhatIsStillWritten() throws IOException {
    Place root = folder();
    Place first = publish(root, "1");
    Place home = first.parent().orElseThrow();
    Place unfinished = home.resolve("v0009-01234567");
    unfinished.resolve("kernels").createFolder();
    unfinished.resolve("manifest.json").write(new byte[1]);
    for (int i = 2; i <= 4; i++) {
      publish(root, "" + i);
    }
    Place last = publish(root, "5");
    BundleWriter.prune(last, 2);
    assertEquals("5", fetchedCreation(latest(last), "latest"));
    assertTrue(unfinished.resolve("manifest.json").isFile());
    assertFalse(first.isFolder());
    assertEquals(3, numbers(last).size());
  }

  @Test
  void prune_whereTheNewestAreWithdrawn_keepsSoundOnes() throws IOException {
    Place root = folder();
    publish(root, "1");
    Place second = publish(root, "2");
    Place third = publish(root, "3");
    BundleWriter.withdraw(third, "it hangs");
    assertEquals("2", fetchedCreation(latest(second), "before"));
    BundleWriter.prune(third, 1);
    assertEquals(List.of("v0002", "v0003"), numbers(second));
    assertEquals("2", fetchedCreation(latest(second), "after"));
    BundleWriter.withdraw(second, "it is slow");
    UserError error = assertThrows(UserError.class, () -> fetchedCreation(latest(second), "none"));
    assertEquals(
        latest(second) + " does not exist; give the folder that tune printed", error.getMessage());
  }

  @Test
  void fetch_changedOrMissingFile_isRefusedAndLeavesNothing() throws IOException {
    Place bundle = publish(folder(), "now");
    byte[] library = FILES.get(Bundle.LIBRARY).clone();
    library[library.length / 2] ^= 1;
    bundle.resolve(Bundle.LIBRARY).write(library);
    UserError error = assertThrows(UserError.class, () -> fetchedCreation(bundle, "changed"));
    assertTrue(error.getMessage().startsWith(bundle + " is corrupt: "), error.getMessage());
    bundle.resolve(Bundle.LIBRARY).delete();
    error = assertThrows(UserError.class, () -> fetchedCreation(bundle, "missing"));
    assertTrue(
        error.getMessage().startsWith(bundle + " is corrupt: " + Bundle.LIBRARY + " is missing"),
        error.getMessage());
    try (Stream<Path> left = Files.list(temporary)) {
      assertEquals(List.of(), left.toList());
    }
  }
}
