package tessera.job.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tessera.Json;
import tessera.backend.cpu.CpuInfo;
import tessera.backend.cpu.CpuIsa;
import tessera.backend.cpu.Narrowing;
import tessera.backend.cpu.peers.StubLibrary;
import tessera.job.Tessera;
import tessera.job.spark.Sessions;
import tessera.runtime.Bundle;
import tessera.runtime.BundleManifest;

/** The command line as a user meets it. */
final class TuneEndToEndTest {
  private static final String WORKLOAD =
      """
      operator: batch_matmul_nn
      extents: {b: 4, m: T, n: 40, k: T}
      variables:
        T: {from: 1, to: 40}
      samples: 6
      budget: {trials: 30, seconds: 100}
      """;

  /** More trials than one round has. */
  private static final String ROUNDS = WORKLOAD.replace("trials: 30", "trials: 40");

  /** More rounds than anybody waits for. */
  private static final String ENDLESS =
      WORKLOAD.replace("{trials: 30, seconds: 100}", "{trials: 900, seconds: 900}");

  @TempDir private Path folder;

  @BeforeAll
  static void isNarrowerOrWhole() {
    Narrowing.assumeNarrower();
  }

  private record Ran(int code, String output) {}

  private static Ran run(String... arguments) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = System.out;
    PrintStream err = System.err;
    try (PrintStream both = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      System.setOut(both);
      System.setErr(both);
      return new Ran(Tessera.execute(arguments), bytes.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  private Path workload(String text) throws IOException {
    return Files.writeString(folder.resolve("small.yaml"), text);
  }

  private Path only(String table) throws IOException {
    try (Stream<Path> children = Files.list(folder.resolve("out").resolve(table))) {
      return children.findFirst().orElseThrow();
    }
  }

  @Test
  void tune_smallWorkload_publishesABundleThatVerifiesAndInspects() throws IOException {
    Path right = StubLibrary.build(folder.resolve("right"), 0);
    Path wrong = StubLibrary.build(folder.resolve("wrong"), 0, "-DWRONG");
    Ran tuned =
        run(
            "tune",
            workload(WORKLOAD).toString(),
            "--out",
            folder.resolve("out").toString(),
            "--peer",
            "mkl=" + right,
            "--peer",
            "aocl-dlp=" + right,
            "--peer",
            "openblas=" + wrong);
    assertEquals(0, tuned.code, tuned.output);
    for (String part :
        List.of(
            "against MKL 2030.4 plain: geometric mean ",
            "against AOCL-DLP 9.8.7 plain: geometric mean ",
            "OpenBLAS 1.2.3 plain is left out: INCORRECT, batch 4 m ")) {
      assertEquals(2, tuned.output.split(part, -1).length, tuned.output);
    }
    String bundle = bundle(tuned.output.lines()).toString();
    Ran verified = run("verify", bundle);
    assertEquals(0, verified.code, verified.output);
    assertTrue(verified.output.contains("intact, and right on 12 random shapes"), verified.output);
    Ran inspected = run("inspect", bundle);
    assertTrue(inspected.output.contains("batch_matmul_nn float32"), inspected.output);
    Path figures = folder.resolve("figures.json");
    Ran threads =
        run("bench", "threads", "--rounds", "1", "--bundle", bundle, "--json", figures.toString());
    assertEquals(0, threads.code, threads.output);
    assertTrue(Json.DOCUMENTS.readTree(figures.toFile()).path("records").size() > 0);
    for (String part :
        List.of("on free cores", "beside a thread", "after a rest", "with a quota of one core")) {
      assertTrue(threads.output.contains(part), threads.output);
    }
    Ran dispatch = run("bench", "dispatch", "--bundle", bundle);
    assertTrue(dispatch.output.contains("selecting a plan takes"), dispatch.output);
    Ran fixed =
        run("bench", "static", "--rounds", "1", "--bundle", bundle, "--json", figures.toString());
    assertEquals(0, fixed.code, fixed.output);
    assertTrue(fixed.output.contains("dynamic against static geometric mean"), fixed.output);
    assertTrue(fixed.output.contains("above 1 the bundle is faster"), fixed.output);
    assertEquals(2, Json.DOCUMENTS.readTree(figures.toFile()).path("records").size());
    try (SparkSession spark = Sessions.start()) {
      assertEquals(30, spark.read().parquet(only("runs").resolve("trials").toString()).count());
      Dataset<Row> contest = spark.read().parquet(only("runs").resolve("contest").toString());
      assertTrue(contest.filter("pass = 1").select("parameters").count() > 0);
      assertEquals(
          contest.filter("pass = 1").select("shape").distinct().count(),
          contest.filter("pass = 2").select("shape").distinct().count());
      assertEquals(0, contest.filter("not seconds > 0").count());
    }
    byte[] library = Files.readAllBytes(Path.of(bundle, "libtessera.so"));
    library[library.length - 1] ^= 1;
    // a new file: the old one is loaded in this very process
    Files.delete(Path.of(bundle, "libtessera.so"));
    Files.write(Path.of(bundle, "libtessera.so"), library);
    Ran damaged = run("verify", bundle);
    assertEquals(2, damaged.code);
    assertTrue(damaged.output.contains("libtessera.so was changed"), damaged.output);
  }

  @Test
  @Tag("thorough")
  void tune_forPreparedWeightsToo_publishesOneBundleForBoth() throws IOException {
    String both =
        """
        operator: dense
        extents: {m: T, n: 45, k: 40}
        variables:
          T: {from: 1, to: 60}
        samples: 4
        prepare: too
        budget: {trials: 12, seconds: 400}
        """;
    Ran tuned = run("tune", workload(both).toString(), "--out", folder.resolve("out").toString());
    assertEquals(0, tuned.code, tuned.output);
    assertTrue(
        tuned.output.contains("with prepared weights, which take 0.0 MB more"), tuned.output);
    Path place = bundle(tuned.output.lines());
    BundleManifest manifest = Bundle.open(place.toRealPath()).manifest();
    assertTrue(manifest.preparesToo());
    assertTrue(manifest.preparedBytes() > 0);
    assertTrue(
        manifest.plans().stream()
            .noneMatch(plan -> manifest.kernels().get(plan.main()).name().contains("_prepared")));
    Ran verified = run("verify", place.toString());
    assertEquals(0, verified.code, verified.output);
    Ran inspected = run("inspect", place.toString());
    assertTrue(inspected.output.contains("prepared 0 "), inspected.output);
    Ran shape = run("inspect", place.toString(), "--shape", "T=37");
    assertEquals(0, shape.code, shape.output);
    assertFalse(shape.output.contains("no longer has"), shape.output);
    Ran searches = run("inspect", only("runs").toString());
    assertTrue(searches.output.contains("search     prepared"), searches.output);
  }

  @Test
  void tune_narrowed_servesOtherProcessorsAndResumesNarrowed() throws IOException {
    assumeTrue(
        CpuInfo.read().isa().covers(CpuIsa.X86_64_V2),
        "this processor is no x86-64 with SSE4.2, so it cannot be narrowed to that");
    String out = folder.resolve("out").toString();
    String small = WORKLOAD.replace("trials: 30", "trials: 6");
    Ran tuned = run("tune", workload(small).toString(), "--isa", "x86-64-v2", "--out", out);
    assertEquals(0, tuned.code, tuned.output);
    String reach = "runs on every x86-64 processor with SSE4.2";
    assertTrue(tuned.output.contains(reach), tuned.output);
    Ran resumed = run("tune", "--resume", only("runs").getFileName().toString(), "--out", out);
    assertEquals(0, resumed.code, resumed.output);
    assertTrue(resumed.output.contains(reach), resumed.output);
    String again =
        "all 6 trials of the search are measured: their best are timed and published again, without a search";
    assertTrue(resumed.output.contains(again), resumed.output);
    Path home = folder.resolve("out/bundles/small");
    try (Stream<Path> hardware = Files.list(home)) {
      List<Path> folders = hardware.toList();
      assertEquals(1, folders.size(), "both runs publish for the same hardware");
      home = folders.get(0);
    }
    assertTrue(home.getFileName().toString().startsWith("cpu-any-x86-64-v2-"), home.toString());
    assertTrue(Files.exists(home.resolve("v0002")));
    assertEquals(0, run("verify", home.resolve("latest").toString()).code);
    Ran inspected = run("inspect", home.resolve("latest").toString());
    assertTrue(inspected.output.contains(reach), inspected.output);
    assertMistake(
        "leave --isa out",
        "tune",
        "--resume",
        only("runs").getFileName().toString(),
        "--isa",
        "avx2",
        "--out",
        out);
  }

  @Test
  @Tag("thorough")
  void tune_killedAfterItsFirstRound_resumesWithoutRepeatingIt() throws Exception {
    Path out = folder.resolve("out");
    Process process = untilFirstRound(ROUNDS, out);
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly().waitFor();
    assertTrue(!Files.exists(out.resolve("bundles")), "nothing is published by half");
    Path run = only("runs");
    long before = modified(run);
    Ran resumed = run("tune", "--resume", run.getFileName().toString(), "--out", out.toString());
    assertEquals(0, resumed.code, resumed.output);
    assertEquals(before, modified(run), "the first round is not written again");
    assertTrue(
        resumed.output.matches(
            "(?s).*goes on from \\d+ of 40 trials, with \\d+ s for it and the bundle.*"),
        resumed.output);
    try (SparkSession spark = Sessions.start()) {
      assertEquals(
          40,
          spark
              .read()
              .parquet(run.resolve("trials").toString())
              .select("kernel")
              .distinct()
              .count());
    }
  }

  /**
   * After a round, and while trees learn from it: both what Ctrl-C sends and what a system does.
   */
  @ParameterizedTest
  @CsvSource({"INT, 0, 130", "TERM, 300, 143", "TERM, 600, 143", "TERM, 900, 143"})
  @Tag("thorough")
  void tune_interrupted_saysHowToGoOnAndLeavesNoProcess(String signal, long later, int code)
      throws Exception {
    Path out = folder.resolve("out");
    Process process = untilFirstRound(ENDLESS, out);
    List<ProcessHandle> workers = process.descendants().toList();
    Thread.sleep(later);
    new ProcessBuilder("kill", "-" + signal, "" + process.pid()).start().waitFor();
    assertTrue(process.waitFor(30, TimeUnit.SECONDS), "it ends soon");
    assertEquals(code, process.exitValue());
    String said = Files.readString(folder.resolve("tune.log"));
    assertTrue(said.contains("--resume " + only("runs")), said);
    assertTrue(!said.contains("tessera: "), "nothing else is said: " + said);
    assertTrue(!said.contains("\tat "), "no stack trace: " + said);
    assertTrue(!Files.exists(out.resolve("bundles")), "nothing is published by half");
    for (ProcessHandle worker : workers) {
      worker.onExit().get(10, TimeUnit.SECONDS);
    }
  }

  /** Starts tuning in a process of its own and waits for its first round. */
  private Process untilFirstRound(String text, Path out) throws Exception {
    Path log = folder.resolve("tune.log");
    // what runs in the background ignores Ctrl-C, and so would its children
    List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
    command.addAll(command("tune", workload(text).toString(), "--out", out.toString()));
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
    while (!hasRound(out)) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        process.destroyForcibly();
        throw new AssertionError("no round was finished: " + Files.readString(log));
      }
      Thread.sleep(50);
    }
    return process;
  }

  /** Looks only where it must: what is being written below is renamed at any time. */
  private static boolean hasRound(Path out) throws IOException {
    Path runs = out.resolve("runs");
    if (!Files.isDirectory(runs)) {
      return false;
    }
    try (Stream<Path> paths = Files.list(runs)) {
      return paths.anyMatch(run -> Files.exists(run.resolve("rounds/round=0000/_SUCCESS")));
    }
  }

  private static long modified(Path run) throws IOException {
    return Files.getLastModifiedTime(run.resolve("trials/round=0000/_SUCCESS")).toMillis();
  }

  static List<String> command(String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add-opens") || argument.startsWith("-Xmx"))
        .forEach(command::add);
    CpuIsa.asked().ifPresent(isa -> command.add("-D" + CpuIsa.PROPERTY + "=" + isa.key()));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Tessera.class.getName()));
    command.addAll(List.of(arguments));
    return command;
  }

  /** The bundle that a run says it published. */
  static Path bundle(Stream<String> said) {
    String start = "bundle: ";
    String line = said.filter(text -> text.startsWith(start)).findFirst().orElseThrow();
    return Path.of(line.substring(start.length()));
  }

  @Test
  void mistakes_endInOneSentenceAndExitCodeTwo() throws IOException {
    assertMistake(
        "small.yaml:1: field 'operator'",
        "tune",
        workload(WORKLOAD.replace("batch_matmul_nn", "conv")).toString());
    assertMistake(
        "none.yaml: does not exist; check the path",
        "tune",
        folder.resolve("none.yaml").toString());
    assertMistake("either a workload file or --resume", "tune");
    assertMistake(
        "effort 'huge' is unknown",
        "tune",
        workload(WORKLOAD).toString(),
        "--effort",
        "huge",
        "--out",
        folder.toString());
    assertMistake(
        "strategy 'luck' is unknown", "tune", workload(WORKLOAD).toString(), "--strategy", "luck");
    assertMistake(
        "--seconds must be positive, not -5", "tune", "" + workload(WORKLOAD), "--seconds", "-5");
    assertMistake(
        "--trials must be at least 1, not 0", "tune", "" + workload(WORKLOAD), "--trials", "0");
    assertMistake("--threads must be", "tune", workload(WORKLOAD).toString(), "--threads", "0");
    assertMistake("--isa takes", "tune", workload(WORKLOAD).toString(), "--isa", "mmx");
    String foreign = CpuInfo.whole().isa() == CpuIsa.NEON ? "avx2" : "neon";
    assertMistake("lacks", "tune", workload(WORKLOAD).toString(), "--isa", foreign);
    assertMistake(
        "leave --isa out",
        "tune",
        workload("target: cuda\n" + WORKLOAD).toString(),
        "--isa",
        "avx2");
    for (String option : List.of("--effort=quick", "--seconds=60", "--seed=1")) {
      String name = option.substring(0, option.indexOf('='));
      assertMistake("leave " + name + " out", "tune", "--resume", "x", option);
    }
    assertMistake("there is no run 'x'", "tune", "--resume", "x", "--out", folder.toString());
    assertMistake(
        folder + " is no run (it has no run.json)", "tune", "--resume", folder.toString());
    assertMistake("it is empty", "tune", workload(WORKLOAD).toString(), "--out", "");
    assertMistake("is not a bundle", "verify", folder.toString());
    assertMistake(
        "is neither a run (it has no run.json) nor a bundle", "inspect", folder.toString());
    assertMistake("there are no bundles", "bench", "cpu", "--out", folder.toString());
    assertMistake(
        "--peer mkl=" + folder.resolve("none.so") + ": there is no such file",
        "tune",
        workload(WORKLOAD).toString(),
        "--out",
        folder.resolve("unused").toString(),
        "--peer",
        "mkl=" + folder.resolve("none.so"));
    assertFalse(Files.exists(folder.resolve("unused")));
    assertMistake(
        "--peer takes a kind and a file", "tune", workload(WORKLOAD).toString(), "--peer", "mkl");
    assertMistake("leave --peer out", "bench", "dispatch", "--peer", "mkl=libmkl_rt.so");
    assertSentence("unknown option: '--nonsense'; see tessera tune --help", "tune", "--nonsense");
    assertSentence(
        "invalid value for option '--trials': 'x' is not a whole number up to 2147483647; see tessera tune --help",
        "tune",
        "--trials",
        "x");
    assertSentence(
        "bench measures cpu, static, dispatch, threads, prediction, cuda, devices or scale; tessera bench --help says what each is",
        "bench");
    assertSentence("a command is missing; see tessera --help");
    String none = folder.resolve("none").toString();
    assertSentence(none + " does not exist; give the folder that tune printed", "verify", none);
    assertMistake(
        "the trace",
        "tune",
        workload(WORKLOAD.replace("{from: 1, to: 40}", "{trace: none.csv, column: X}")).toString());
  }

  @Test
  void tune_withoutTimeForACandidate_saysSo() throws IOException {
    assertMistake(
        "no candidate was measured within the budget (",
        "tune",
        workload(WORKLOAD).toString(),
        "--seconds",
        "0.001",
        "--out",
        folder.resolve("out").toString());
  }

  @Test
  void tune_moreBytesThanMemory_isRefusedAndWritesNothing() throws IOException {
    Path out = folder.resolve("out");
    Path huge = workload(WORKLOAD.replace("n: 40", "n: 99999999999999"));
    assertMistake(
        "with [T] = [40] has operands and an output of ",
        "tune",
        huge.toString(),
        "--out",
        "" + out);
    assertMistake("; give smaller extents", "tune", huge.toString(), "--out", "" + out);
    assertTrue(!Files.exists(out), "nothing is written");
  }

  @Test
  void tune_badTrace_isRefusedByItsLineAndWritesNothing() throws IOException {
    Path out = folder.resolve("out");
    Files.writeString(folder.resolve("t.csv"), "Tokens,Requests\n24,10\n24,1e400\n");
    String traced = "{trace: t.csv, column: Tokens, count: Requests}";
    assertMistake(
        "t.csv has '1e400' in column 'Requests' on line 3, where",
        "tune",
        workload(WORKLOAD.replace("{from: 1, to: 40}", traced)).toString(),
        "--out",
        out.toString());
    assertTrue(!Files.exists(out), "nothing is written");
  }

  /** Nothing else is said. */
  private static void assertSentence(String sentence, String... arguments) {
    Ran ran = run(arguments);
    assertEquals(2, ran.code, ran.output);
    assertEquals("tessera: " + sentence + System.lineSeparator(), ran.output);
  }

  private static void assertMistake(String part, String... arguments) {
    Ran ran = run(arguments);
    assertEquals(2, ran.code, ran.output);
    assertTrue(ran.output.contains(part), ran.output);
    assertTrue(!ran.output.contains("\tat "), "no stack trace: " + ran.output);
  }
}
