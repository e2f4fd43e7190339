package tessera.job.merge;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tessera.Digest;
import tessera.UserError;
import tessera.job.storage.FlakyFileSystem;
import tessera.storage.Place;

/** On a disk, and in storage of a URI where every third call fails. */
final class MergeTest {
  private static final String SETTING = "spark.hadoop.fs.ofs.impl";
  private static final SplittableRandom RANDOM = new SplittableRandom();

  @TempDir private Path folder;

  @BeforeAll
  static void register() {
    System.setProperty(SETTING, FlakyFileSystem.class.getName());
  }

  @AfterAll
  static void forget() {
    System.clearProperty(SETTING);
  }

  private Place place(String scheme, String name) {
    return Place.of(scheme + folder.resolve(name));
  }

  private static void put(Place file, byte[] content) throws IOException {
    file.parent().orElseThrow().createFolder();
    file.write(content);
  }

  private static byte[] random() {
    byte[] bytes = new byte[100];
    RANDOM.nextBytes(bytes);
    return bytes;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** A round's table, with its mark, and those that Spark keeps beside. */
  private static void round(Place root, String run, int number, byte[] content) throws IOException {
    Place round = root.resolve("runs/" + run + "/trials/round=000" + number);
    put(round.resolve("part-0.parquet"), content);
    put(round.resolve(".part-0.parquet.crc"), new byte[8]);
    put(round.resolve("_SUCCESS"), new byte[0]);
  }

  private static void run(Place root, String name, byte[] settings) throws IOException {
    put(root.resolve("runs/" + name + "/run.json"), settings);
  }

  /** A bundle of two files, and what Python leaves beside. */
  private static byte[] bundle(Place root, String version, String created) throws IOException {
    Place bundle = root.resolve("bundles/w/cpu-1/" + version);
    byte[] library = random();
    byte[] manifest = utf8("{\"created\" : \"" + created + "\"}");
    put(bundle.resolve("kernels/a.so"), library);
    put(bundle.resolve("manifest.json"), manifest);
    put(bundle.resolve("__pycache__/tessera.pyc"), random());
    String sums =
        Digest.sha256(library) + "  kernels/a.so\n" + Digest.sha256(manifest) + "  manifest.json\n";
    put(bundle.resolve("SHA256SUMS"), utf8(sums));
    return library;
  }

  private static Map<String, String> files(Place folder) throws IOException {
    Map<String, String> files = new TreeMap<>();
    for (Place inner : folder.list()) {
      if (inner.isFolder() && !inner.name().equals("latest")) {
        files(inner).forEach((name, sum) -> files.put(inner.name() + "/" + name, sum));
      } else if (inner.isFile()) {
        files.put(inner.name(), Digest.sha256(inner.read()));
      }
    }
    return files;
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "ofs:"})
  void all_rootsOfTwoHosts_hasTheRunsAndBundlesOfBoth(String scheme) throws IOException {
    Place first = place(scheme, "first");
    Place second = place(scheme, "second");
    run(first, "w-1", random());
    round(first, "w-1", 0, random());
    run(second, "w-2", random());
    bundle(first, "v0001", "2026-11-01T00:00:00Z");
    byte[] newer = bundle(second, "v0001", "2026-11-02T00:00:00Z");
    Place out = place(scheme, "out");
    assertEquals(new Merge.Result(2, 2, 0, 0), new Merge(out).all(List.of(first, second)));
    assertEquals(
        List.of("w-1", "w-2"), out.resolve("runs").list().stream().map(Place::name).toList());
    assertFalse(files(out).keySet().stream().anyMatch(name -> name.contains(".crc")));
    assertFalse(files(out).keySet().stream().anyMatch(name -> name.contains("pycache")));
    assertArrayEquals(newer, out.resolve("bundles/w/cpu-1/v0002/kernels/a.so").read());
    Map<String, String> before = files(out);
    assertEquals(new Merge.Result(0, 0, 0, 4), new Merge(out).all(List.of(second, first)));
    assertEquals(before, files(out));
  }

  @ParameterizedTest
  @ValueSource(strings = "")
  void all_runThatWentOn_getsItsNewRoundsAndKeepsItsFirstResult(String scheme) throws IOException {
    Place root = place(scheme, "root");
    Place out = place(scheme, "out");
    byte[] settings = random();
    run(root, "w-1", settings);
    round(root, "w-1", 0, random());
    assertEquals(new Merge.Result(1, 0, 0, 0), new Merge(out).all(List.of(root)));
    byte[] next = random();
    round(root, "w-1", 1, next);
    byte[] result = random();
    put(root.resolve("runs/w-1/result.json"), result);
    assertEquals(new Merge.Result(0, 0, 1, 0), new Merge(out).all(List.of(root)));
    assertArrayEquals(next, out.resolve("runs/w-1/trials/round=0001/part-0.parquet").read());
    put(root.resolve("runs/w-1/result.json"), random());
    assertEquals(new Merge.Result(0, 0, 0, 1), new Merge(out).all(List.of(root)));
    assertArrayEquals(result, out.resolve("runs/w-1/result.json").read());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "ofs:"})
  void all_unlikeRunsOfOneName_areRefusedBeforeAnythingIsWritten(String scheme) throws IOException {
    Place first = place(scheme, "first");
    Place second = place(scheme, "second");
    run(first, "a-0", random());
    run(first, "w-1", random());
    run(second, "w-1", random());
    Place out = place(scheme, "out");
    UserError refused =
        assertThrows(UserError.class, () -> new Merge(out).all(List.of(first, second)));
    assertEquals(
        second.resolve("runs/w-1")
            + " and "
            + first.resolve("runs/w-1")
            + " are two runs of one name, whose run.json differ; rename one of their folders, and"
            + " nothing was merged yet",
        refused.getMessage());
    assertFalse(out.isFolder());
  }

  @ParameterizedTest
  @ValueSource(strings = "")
  void all_latestOfBoth_isTheOneThatWasMadeLast(String scheme) throws IOException {
    Place first = place(scheme, "first");
    Place second = place(scheme, "second");
    bundle(first, "v0007", "2026-11-03T00:00:00Z");
    bundle(second, "v0001", "2026-11-01T00:00:00Z");
    bundle(second, "v0002", "2026-11-02T00:00:00Z");
    for (Place root : List.of(first, second)) {
      Place home = root.resolve("bundles/w/cpu-1");
      latest(home, root.equals(first) ? "v0007" : "v0002");
    }
    Place out = place(scheme, "out");
    assertEquals(new Merge.Result(0, 3, 0, 0), new Merge(out).all(List.of(second, first)));
    assertEquals(Optional.of("v0003"), latest(out.resolve("bundles/w/cpu-1")));
    Place other = place(scheme, "other");
    new Merge(other).all(List.of(first, second));
    assertEquals(Optional.of("v0001"), latest(other.resolve("bundles/w/cpu-1")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "ofs:"})
  void all_killedBeforeLatestWasThere_isFinishedByTheNext(String scheme) throws IOException {
    Place root = place(scheme, "root");
    bundle(root, "v0004", "2026-11-03T00:00:00Z");
    latest(root.resolve("bundles/w/cpu-1"), "v0004");
    Place out = place(scheme, "out");
    assertEquals(new Merge.Result(0, 1, 0, 0), new Merge(out).all(List.of(root)));
    Place home = out.resolve("bundles/w/cpu-1");
    String named = latest(home).orElseThrow();
    home.resolve("latest").delete();
    assertEquals(new Merge.Result(0, 0, 0, 1), new Merge(out).all(List.of(root)));
    assertEquals(Optional.of(named), latest(home));
  }

  private static void latest(Place home, String version) throws IOException {
    Optional<Path> disk = home.onDisk();
    if (disk.isPresent()) {
      Files.createSymbolicLink(disk.get().resolve("latest"), Path.of(version));
    } else {
      home.resolve("latest").write(utf8(version + "\n"));
    }
  }

  private static Optional<String> latest(Place home) throws IOException {
    Optional<Path> disk = home.onDisk();
    return Optional.of(
        disk.isPresent()
            ? Files.readSymbolicLink(disk.get().resolve("latest")).toString()
            : new String(home.resolve("latest").read(), StandardCharsets.UTF_8).strip());
  }

  @ParameterizedTest
  @ValueSource(strings = "")
  void all_bundleThatWasChanged_isRefusedAndLeavesNothing(String scheme) throws IOException {
    Place root = place(scheme, "root");
    run(root, "w-1", random());
    bundle(root, "v0001", "2026-11-03T00:00:00Z");
    Place library = root.resolve("bundles/w/cpu-1/v0001/kernels/a.so");
    library.write(random());
    Place out = place(scheme, "out");
    UserError refused = assertThrows(UserError.class, () -> new Merge(out).all(List.of(root)));
    assertEquals(
        root.resolve("bundles/w/cpu-1/v0001")
            + " is corrupt: kernels/a.so was changed since it was published; remove this bundle, or"
            + " publish it again",
        refused.getMessage());
    assertFalse(out.isFolder());
  }

  /** A root that was retuned has locks; people leave notes and copies of single files. */
  @ParameterizedTest
  @ValueSource(strings = {"", "ofs:"})
  void all_rootWithLocksAndStrayFiles_leavesThemOut(String scheme) throws IOException {
    Place root = place(scheme, "root");
    run(root, "w-1", random());
    bundle(root, "v0001", "2026-11-01T00:00:00Z");
    for (String stray :
        List.of(
            "bundles/.locks/w.cpu-1.lock",
            "bundles/notes.txt",
            "bundles/w/notes.txt",
            "bundles/w/.hidden/v0001/SHA256SUMS",
            "bundles/w/cpu-1/notes.txt",
            "runs/notes.txt")) {
      put(root.resolve(stray), random());
    }
    Place out = place(scheme, "out");
    assertEquals(new Merge.Result(1, 1, 0, 0), new Merge(out).all(List.of(root)));
    assertEquals(
        List.of(
            "bundles/w/cpu-1/v0001/SHA256SUMS",
            "bundles/w/cpu-1/v0001/kernels/a.so",
            "bundles/w/cpu-1/v0001/manifest.json",
            "runs/w-1/run.json"),
        List.copyOf(files(out).keySet()));
  }

  @ParameterizedTest
  @ValueSource(strings = "")
  void all_folderWithoutRunsAndBundles_isRefused(String scheme) throws IOException {
    Place root = place(scheme, "nothing");
    UserError refused =
        assertThrows(UserError.class, () -> new Merge(place(scheme, "out")).all(List.of(root)));
    assertEquals(
        root + " is no folder that exists; give a folder that was the --out of tune",
        refused.getMessage());
    root.createFolder();
    UserError empty =
        assertThrows(UserError.class, () -> new Merge(place(scheme, "out")).all(List.of(root)));
    assertEquals(
        root + " has neither runs nor bundles; give a folder that was the --out of tune",
        empty.getMessage());
  }

  @Test
  void all_intoARootItself_isRefused() throws IOException {
    Place root = place("", "host");
    run(root, "w-1", random());
    UserError refused =
        assertThrows(UserError.class, () -> new Merge(place("", "host")).all(List.of(root)));
    assertEquals(
        root + " is --out itself; give only the folders that are to be added to it",
        refused.getMessage());
  }

  @Test
  void all_runWithAFileThatCannotBeRead_leavesNothingOfIt() throws IOException {
    Place root = place("", "host");
    run(root, "w-1", random());
    Files.createSymbolicLink(folder.resolve("host/runs/w-1/trace.csv"), Path.of("gone"));
    Place out = place("", "all");
    UserError error = assertThrows(UserError.class, () -> new Merge(out).all(List.of(root)));
    assertEquals(
        "the roots cannot be merged into "
            + out.absolute()
            + " ("
            + folder.resolve("host/runs/w-1/trace.csv")
            + " does not exist); free space or mend their permissions, and merge again: what was"
            + " added stays, whole",
        error.getMessage());
    assertEquals(List.of(), out.isFolder() ? out.list() : List.of());
  }

  @Test
  void all_intoABundle_isRefusedAndWritesNothing() throws IOException {
    Place root = place("", "host");
    run(root, "w-1", random());
    bundle(root, "v0001", "2026-01-01");
    Place in = root.resolve("bundles/w/cpu-1/v0001/in");
    UserError error = assertThrows(UserError.class, () -> new Merge(in).all(List.of(root)));
    String words = " is in the bundle " + in.parent().orElseThrow() + ", whose files stay";
    assertTrue(error.getMessage().startsWith(in + words), error.getMessage());
    assertFalse(in.isFolder());
  }
}
