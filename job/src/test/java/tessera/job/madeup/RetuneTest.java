package tessera.job.madeup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.Json;
import tessera.UserError;
import tessera.integrity.Trust;
import tessera.job.Ran;
import tessera.job.bench.retune.SlowedLibrary;
import tessera.job.lock.PlaceLock;
import tessera.job.records.RunFolder;
import tessera.job.retune.EditedBundle;
import tessera.job.retune.Retune;
import tessera.job.retune.RetuneReport;
import tessera.job.retune.Root;
import tessera.job.spark.Cluster;
import tessera.runtime.Bundle;
import tessera.runtime.BundleFiles;
import tessera.runtime.BundleWriter;
import tessera.storage.Place;
import tessera.workload.Budget;

/** Retuning on a made-up device, of a bundle that was tuned once for all tests. */
final class RetuneTest {
  private static final String WORKLOAD =
      """
      operator: dense
      target: made-up
      extents: {m: 16 * T, n: 128, k: 128}
      variables:
        T: {from: 1, to: 9}
      samples: 3
      budget: {effort: quick, trials: 4, seconds: 600}
      """;

  @TempDir private static Path tuned;
  @TempDir private Path folder;

  private Path home;

  private static JsonNode bundle(Ran ran) throws IOException {
    JsonNode document = Json.DOCUMENTS.readTree(ran.out());
    assertEquals(ran.code(), document.path("exitCode").asInt());
    assertEquals(1, document.path("bundles").size(), ran.output());
    return document.path("bundles").get(0);
  }

  @BeforeAll
  static void tune() throws IOException {
    System.setProperty(PretendProvider.PROPERTY, "4");
    Path file = Files.writeString(tuned.resolve("small.yaml"), WORKLOAD);
    Ran ran = Ran.of("tune", file.toString(), "--out", tuned.resolve("out").toString());
    assertEquals(0, ran.code(), ran.output());
  }

  @BeforeEach
  void copy() throws IOException {
    Path from = tuned.resolve("out");
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(
            file, folder.resolve("out").resolve(from.relativize(file)), LinkOption.NOFOLLOW_LINKS);
      }
    }
    try (Stream<Path> hardware = Files.list(folder.resolve("out/bundles/small"))) {
      home = hardware.findFirst().orElseThrow();
    }
  }

  private Ran retune(Object... more) {
    return Ran.of(List.of("retune", "--bundles", folder.resolve("out")), more);
  }

  private Path latest() {
    return home.resolve("latest");
  }

  private List<String> runs() throws IOException {
    try (Stream<Path> runs = Files.list(folder.resolve("out/runs"))) {
      return runs.map(run -> run.getFileName().toString()).sorted().toList();
    }
  }

  private static void otherCompiler(ObjectNode manifest) {
    ((ObjectNode) manifest.path("target").path("host")).put("compiler", "gcc 1.2");
  }

  @Test
  void retune_nothingChanged_looksAndDecidesByTheCanaryAlone() throws IOException {
    Ran ran = retune("--dry-run", "--json");
    JsonNode bundle = bundle(ran);
    assertEquals(0, bundle.path("reasons").size());
    assertEquals(1, bundle.path("canary").size());
    JsonNode canary = bundle.path("canary").get(0);
    assertEquals("OK", canary.path("outcome").asText(), ran.output());
    // on a busy machine a canary may be wrong
    boolean drifted = canary.path("slowdown").asDouble() > canary.path("band").asDouble();
    assertEquals(drifted ? "KEPT" : "UP_TO_DATE", bundle.path("verdict").asText());
    assertEquals(drifted ? 11 : 0, ran.code(), ran.output());
    assertTrue(!drifted || canary.path("passes").asInt() == 3, "a drift is confirmed");
    assertEquals(
        4,
        Json.DOCUMENTS.readTree(latest().resolve("baseline.json").toFile()).path("samples").size());
    assertFalse(Files.exists(home.resolve("v0002")));
    assertEquals(1, runs().size());
  }

  @Test
  void retune_dryRunOfAStaleBundle_saysWhyAndTunesNothing() throws IOException {
    EditedBundle.manifest(latest(), RetuneTest::otherCompiler);
    Ran ran = retune("--dry-run", "--json");
    assertEquals(11, ran.code(), ran.output());
    JsonNode bundle = bundle(ran);
    assertEquals("KEPT", bundle.path("verdict").asText());
    String reason = bundle.path("reasons").get(0).asText();
    assertTrue(reason.startsWith("compiler gcc 1.2 is now gcc"), reason);
    assertEquals(0, bundle.path("canary").size(), "why is known without");
    assertFalse(Files.exists(home.resolve("v0002")));
    assertFalse(Files.exists(folder.resolve("out/bundles/.locks")), "nothing is written");
    assertEquals(1, runs().size());
  }

  /** The reference is no part of the bundle. */
  @Test
  void retune_referenceCannotBeBuilt_isAFaultAndDoesNotBlameTheBundle() throws IOException {
    EditedBundle.baseline(
        latest(),
        baseline -> // the reference is of either family of CPUs
        ((ObjectNode) baseline.path("reference").path("parameters"))
                .put("tileVectors", -1)
                .put("tileM", -1));
    Ran ran = retune("--dry-run", "--json");
    assertEquals(1, ran.code(), ran.output());
    JsonNode bundle = bundle(ran);
    assertEquals("FAILED", bundle.path("verdict").asText());
    assertEquals("BUILD_FAILED", bundle.path("canary").get(0).path("outcome").asText());
    String words = bundle.path("words").asText();
    assertTrue(words.startsWith("it could not be looked at: canary BUILD_FAILED: "), words);
  }

  @Test
  @Tag("thorough")
  void retune_drifted_publishesAnotherOnceAndTidiesUp() throws IOException {
    byte[] slower = SlowedLibrary.of(tuned.resolve(library()), 1);
    EditedBundle.replace(latest(), "libtessera.so", slower);
    Ran dry = retune("--dry-run");
    assertEquals(11, dry.code(), dry.output());
    assertTrue(dry.output().contains(": drifted: canary +"), dry.output());
    Ran ran = retune("--keep", "1", "--json");
    assertEquals(10, ran.code(), ran.output());
    JsonNode bundle = bundle(ran);
    assertEquals("REPUBLISHED", bundle.path("verdict").asText());
    assertEquals(3, bundle.path("canary").get(0).path("passes").asInt());
    assertEquals(home.resolve("v0002").toString(), bundle.path("published").asText());
    assertEquals(home.resolve("v0002").toRealPath(), latest().toRealPath());
    assertFalse(Files.exists(home.resolve("v0001")), "the option keeps one");
    Path run = folder.resolve("out/runs").resolve(bundle.path("run").asText());
    assertFalse(Files.exists(run.resolve("candidate")));
    assertEquals(
        home.resolve("v0002").toString(),
        Json.DOCUMENTS.readTree(run.resolve("result.json").toFile()).path("bundle").asText());
    assertEquals(0, Ran.of("verify", latest().toString()).code());
    Ran again = retune();
    assertEquals(0, again.code(), again.output());
  }

  /** The library of the bundle that was tuned, which nobody changes. */
  private String library() throws IOException {
    return "out/bundles/small/" + home.getFileName() + "/v0001/libtessera.so";
  }

  @Test
  @Tag("thorough")
  void retune_hardwareWithoutABundle_beginsFromItsNearestRelative() throws IOException {
    EditedBundle.manifest(
        latest(), manifest -> ((ObjectNode) manifest.path("target")).put("batteries", 3));
    String here = home.getFileName().toString();
    String other = Bundle.open(latest()).manifest().target().folder();
    Files.move(home, home.resolveSibling(other));
    Ran dry = retune("--dry-run");
    assertEquals(11, dry.code(), dry.output());
    String relative =
        "there is no bundle for this hardware; the nearest relative is "
            + other
            + " (batteries 3 is now 4)";
    assertTrue(dry.output().contains("small on " + here + ": " + relative), dry.output());
    String absent = "small on " + other + ": not looked at: no executor has this hardware";
    assertTrue(dry.output().contains(absent), dry.output());
    Ran ran = retune();
    assertEquals(10, ran.code(), ran.output());
    assertEquals(0, Ran.of("verify", latest().toString()).code());
  }

  /** Of a retune that tunes in another way. */
  private RetuneReport report(Retune.Tune tune) {
    Retune.Options options =
        new Retune.Options(
            Root.of(Place.of(folder.resolve("out"))),
            List.of(),
            false,
            Trust.anyone(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            new Budget.Limits(Optional.of(3), Optional.empty()));
    try (Cluster cluster = Cluster.start()) {
      return new Retune(options, line -> {}, remark -> {}).report(cluster, tune);
    }
  }

  @Test
  void retune_bundleOfAnotherStrategy_searchesInTheOneThatStartsWarm() throws IOException {
    EditedBundle.manifest(latest(), RetuneTest::otherCompiler);
    Path file = folder.resolve("out/runs").resolve(runs().get(0)).resolve("run.json");
    ObjectNode json = (ObjectNode) Json.DOCUMENTS.readTree(file.toFile());
    assertEquals("evolutionary", json.path("strategy").asText());
    Files.write(file, Json.DOCUMENTS.writeValueAsBytes(json.put("strategy", "random")));
    RetuneReport report =
        report(
            (device, workload, run, out) -> {
              throw new UserError("searches by " + run.settings().strategy().key());
            });
    assertEquals("searches by evolutionary", report.bundles().get(0).words());
  }

  /** Where the run makes a bundle that is slower than the one in place. */
  @Test
  void retune_newBundleIsSlower_keepsTheOneInPlace() throws IOException {
    EditedBundle.manifest(latest(), RetuneTest::otherCompiler);
    Bundle inPlace = Bundle.open(latest());
    Map<String, byte[]> files = new HashMap<>(BundleFiles.of(inPlace).published());
    files.put("libtessera.so", SlowedLibrary.of(tuned.resolve(library()), 0.3));
    List<RunFolder.Settings> settings = new ArrayList<>();
    RetuneReport report =
        report(
            (device, workload, run, out) -> {
              settings.add(run.settings());
              return new BundleWriter(out.resolve("bundles")).publish(inPlace.manifest(), files);
            });
    assertEquals(11, report.exitCode());
    String words = report.bundles().get(0).words();
    assertTrue(words.contains("; kept, since the new bundle takes 1."), words);
    assertEquals("", report.bundles().get(0).published());
    assertEquals(3, settings.get(0).budget().trials());
    assertEquals(
        List.of(Place.of(folder.resolve("out/runs").resolve(runs().get(0))).toString()),
        settings.get(0).warmFrom());
    assertFalse(Files.exists(home.resolve("v0002")));
    assertEquals("v0001", latest().toRealPath().getFileName().toString());
  }

  @Test
  void retune_damagedBundleAmongOthers_namesItAndLooksAtTheOthers() throws IOException {
    Path other = folder.resolve("out/bundles/damaged").resolve(home.getFileName());
    Files.createDirectories(other);
    Files.createDirectory(other.resolve("v0001"));
    for (Path file : List.of(Path.of("SHA256SUMS"), Path.of("manifest.json"))) {
      Files.copy(latest().resolve(file), other.resolve("v0001").resolve(file));
    }
    Files.createSymbolicLink(other.resolve("latest"), Path.of("v0001"));
    Ran ran = retune("--dry-run");
    assertEquals(2, ran.code(), ran.output());
    String hardware = " on " + home.getFileName() + ": ";
    assertTrue(ran.output().contains("damaged" + hardware + other), ran.output());
    // on a busy machine a canary may be wrong
    List<String> looked =
        List.of("up to date (canary ", "drifted: canary ").stream()
            .filter(words -> ran.output().contains("small" + hardware + words))
            .toList();
    assertEquals(1, looked.size(), ran.output());
  }

  @Test
  void retune_whereAnotherIsAtIt_leavesItToThat() {
    String name = "small." + home.getFileName();
    try (PlaceLock held =
        PlaceLock.attempt(Place.of(folder.resolve("out/bundles/.locks")), name)
            .lock()
            .orElseThrow()) {
      Ran ran = retune();
      assertEquals(13, ran.code(), ran.output());
      String words = "left to process " + ProcessHandle.current().pid() + " of ";
      assertTrue(ran.output().contains(words), ran.output());
    }
  }

  @Test
  void retune_runIsGone_saysWhatToDo() throws IOException {
    EditedBundle.manifest(latest(), RetuneTest::otherCompiler);
    for (String run : runs()) {
      Place.of(folder.resolve("out/runs").resolve(run)).delete();
    }
    Ran ran = retune();
    assertEquals(2, ran.code(), ran.output());
    assertTrue(ran.output().contains("no run of small is under "), ran.output());
  }

  private void assertMistake(String sentence, String... arguments) {
    Ran ran = Ran.of((Object[]) arguments);
    assertEquals(2, ran.code(), ran.output());
    assertEquals("tessera: " + sentence + "\n", ran.output());
  }

  @Test
  void retune_mistakes_endInOneSentence() throws IOException {
    Path none = Files.createDirectory(folder.resolve("none"));
    assertMistake(
        none + " is no output root of tune: it has no folder bundles; give what was --out there",
        "retune",
        "--bundles",
        none.toString());
    Files.createDirectory(none.resolve("bundles"));
    assertMistake(
        none.resolve("bundles") + " holds no bundle; tune a workload with --out " + none + " first",
        "retune",
        "--bundles",
        none.toString());
    assertMistake(
        "there is no bundle of a workload 'smal' under "
            + folder.resolve("out/bundles")
            + "; there are small",
        "retune",
        "--bundles",
        folder.resolve("out/bundles").toString(),
        "--workload",
        "smal");
    assertMistake(
        "--trials must be at least 1, not 0",
        "retune",
        "--bundles",
        folder.resolve("out").toString(),
        "--trials",
        "0");
  }
}
