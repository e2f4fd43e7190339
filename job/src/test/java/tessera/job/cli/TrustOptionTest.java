package tessera.job.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tessera.Json;
import tessera.Python;
import tessera.UserError;
import tessera.backend.cpu.CpuBackend;
import tessera.dispatch.DecisionTree;
import tessera.dispatch.LaunchPlan;
import tessera.integrity.SigningKey;
import tessera.job.Tessera;
import tessera.job.bench.CudaBenchmark;
import tessera.job.records.RunFolder;
import tessera.job.search.SearchMethod;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.runtime.Bundle;
import tessera.runtime.BundleManifest;
import tessera.runtime.BundleWriter;
import tessera.storage.Place;
import tessera.workload.Budget;
import tessera.workload.Effort;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/** {@code --trust} and {@code --sign-key} on the command line. */
final class TrustOptionTest {
  private static final WorkloadSpec SPEC =
      new WorkloadSpec(
          "signed",
          "dense",
          "float32",
          "none",
          List.of("T"),
          Map.of("m", "T", "n", "24", "k", "8"));

  @TempDir private static Path folder;
  private static Path signed;
  private static Path unsigned;

  private static void write(String name, String kind, byte[] key) throws IOException {
    Files.writeString(
        folder.resolve(name),
        "-----BEGIN "
            + kind
            + " KEY-----\n"
            + Base64.getMimeEncoder().encodeToString(key)
            + "\n-----END "
            + kind
            + " KEY-----\n");
  }

  @BeforeAll
  static void publish() throws IOException, GeneralSecurityException {
    for (String name : List.of("mine", "other")) {
      KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
      write(name + ".pem", "PRIVATE", pair.getPrivate().getEncoded());
      write(name + ".pub", "PUBLIC", pair.getPublic().getEncoded());
    }
    signed = publish(Optional.of(SigningKey.read(folder.resolve("mine.pem"))));
    unsigned = publish(Optional.empty());
  }

  private static Path publish(Optional<SigningKey> key) throws IOException {
    CpuBackend backend = CpuBackend.detect();
    Workload workload = SPEC.anywhere();
    SearchSpace space = backend.hardware().space(workload);
    MicroKernel kernel = space.sample(new SplittableRandom());
    DecisionTree tree = DecisionTree.constant(0);
    List<LaunchPlan> plans = LaunchPlan.singles(1);
    Map<String, byte[]> files =
        new HashMap<>(
            backend.library().build(workload, List.of(kernel), plans, List.of(tree), "signed"));
    files.put(Bundle.DISPATCH, Json.DOCUMENTS.writeValueAsBytes(tree));
    BundleManifest manifest =
        new BundleManifest(
            BundleManifest.SCHEMA_VERSION,
            SPEC.name(),
            "signed",
            "2026-01-01T00:00:00Z",
            SPEC,
            backend.target(),
            "",
            List.of(
                new BundleManifest.KernelEntry(
                    space.family(kernel).label(kernel), kernel.family(), kernel.parameters())),
            0,
            plans,
            List.of(),
            Map.of(),
            Map.of());
    return new BundleWriter(Place.of(folder.resolve("bundles")), key)
        .publish(manifest, files)
        .onDisk()
        .orElseThrow();
  }

  private static String run(int code, Object... arguments) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = System.out;
    PrintStream err = System.err;
    try (PrintStream both = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      System.setOut(both);
      System.setErr(both);
      String[] all = List.of(arguments).stream().map(Object::toString).toArray(String[]::new);
      assertEquals(code, Tessera.execute(all), () -> bytes.toString(StandardCharsets.UTF_8));
      return bytes.toString(StandardCharsets.UTF_8);
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  @Test
  void verifyAndInspect_signedByTheKey_areDone() {
    Path key = folder.resolve("mine.pub");
    assertTrue(run(0, "verify", signed, "--shapes", 2, "--trust", key).startsWith("intact, and"));
    assertTrue(run(0, "inspect", signed, "--trust", key).startsWith("bundle     signed"));
    assertTrue(run(0, "verify", unsigned, "--shapes", 2).startsWith("intact, and right"));
  }

  @Test
  void everyCommand_unsignedOrByAnotherKey_isRefused() {
    for (String command : List.of("verify", "inspect")) {
      assertEquals(
          "tessera: "
              + unsigned
              + " is not signed (it has no SHA256SUMS.sig), and --trust asks for a signature by a key of "
              + folder.resolve("mine.pub")
              + "; publish it with --sign-key\n",
          run(2, command, unsigned, "--trust", folder.resolve("mine.pub")));
      assertTrue(
          run(2, command, signed, "--trust", folder.resolve("other.pub"))
              .contains(" is not signed by a key of "));
    }
    assertTrue(
        run(2, "bench", "dispatch", "--bundle", unsigned, "--trust", folder.resolve("mine.pub"))
            .contains(" is not signed (it has no SHA256SUMS.sig)"));
  }

  @Test
  void benchCuda_bundles_areCheckedBeforePythonSeesThem() throws IOException {
    Path home = Files.createDirectories(folder.resolve("home/scripts")).getParent();
    Files.writeString(home.resolve("scripts/bench_cuda.py"), "");
    Path given = folder.resolve("given");
    Path python = Files.writeString(folder.resolve("python"), "#!/bin/sh\necho \"$@\" > " + given);
    Files.setPosixFilePermissions(python, PosixFilePermissions.fromString("rwx------"));
    CudaBenchmark benchmark =
        new CudaBenchmark(Optional.of(home.toString()), Optional.of(python.toString()));
    BenchCudaCommand refused = benchCuda("--bundle", signed, "--bundle", unsigned);
    assertThrows(UserError.class, () -> refused.run(benchmark));
    assertFalse(Files.exists(given));
    assertEquals(0, benchCuda("--bundle", signed, "--values", 3).run(benchmark));
    assertEquals(
        home.resolve("scripts/bench_cuda.py") + " --bundle " + signed + " --values 3\n",
        Files.readString(given));
  }

  private static BenchCudaCommand benchCuda(Object... arguments) {
    BenchCudaCommand command = new BenchCudaCommand();
    List<Object> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--trust", folder.resolve("mine.pub")));
    new CommandLine(command)
        .registerConverter(Place.class, Place::of)
        .parseArgs(all.stream().map(Object::toString).toArray(String[]::new));
    return command;
  }

  @Test
  void tune_keyThatCannotSign_isRefusedBeforeAnythingIsMeasured() throws IOException {
    Path file = folder.resolve("signed.yaml");
    Files.writeString(file, "never read");
    assertTrue(
        run(2, "tune", file, "--sign-key", folder.resolve("mine.pub"))
            .contains("mine.pub has no private key in PEM"));
  }

  @Test
  void tune_resumedRunThatSigns_asksForTheKeyAgain() throws IOException {
    Path file = Files.writeString(folder.resolve("resumed.yaml"), "never read");
    RunFolder.Settings settings =
        new RunFolder.Settings(
            RunFolder.Settings.SCHEMA_VERSION,
            file.toString(),
            Effort.QUICK,
            new Budget(8, 10),
            SearchMethod.EVOLUTIONARY,
            1,
            1,
            true,
            CpuBackend.detect().target());
    RunFolder signing =
        RunFolder.create(Place.of(folder.resolve("out")), "signed", settings, Place.of(file));
    assertEquals(
        "tessera: run " + signing.name() + " signs its bundle; give --sign-key again",
        run(2, "tune", "--resume", signing.path()).strip());
  }

  @Test
  void verify_compiledModuleOrLinkThatNobodySigned_isRefusedInJavaAndPython() throws Exception {
    Path bundle = publish(Optional.of(SigningKey.read(folder.resolve("mine.pem"))));
    Path module = Files.writeString(folder.resolve("other.pyc"), "another's");
    for (String name : List.of("__pycache__/tessera.cpython-312.pyc", "numpy")) {
      Path stranger = bundle.resolve(name);
      Files.createDirectories(stranger.getParent());
      if (name.equals("numpy")) {
        Files.createSymbolicLink(stranger, folder);
      } else {
        Files.copy(module, stranger);
      }
      String refusal = "'" + name + "'";
      assertTrue(run(2, "verify", bundle, "--trust", folder.resolve("mine.pub")).contains(refusal));
      Python.Ended ended =
          Python.run(List.of(unsigned.resolve("tessera.py").toString(), "verify", "" + bundle));
      assertEquals(2, ended.code(), ended.output());
      assertTrue(ended.output().contains(refusal), ended.output());
      Files.delete(stranger);
    }
  }

  @Test
  void python_trustInAKey_isThatOfJava() throws Exception {
    String script =
        """
        import importlib.util, sys
        if not importlib.util.find_spec("cryptography"):
            sys.exit(77)
        sys.stderr = sys.stdout
        sys.path.insert(0, sys.argv[1])
        import tessera
        for bundle, key in ((1, "mine"), (1, "other"), (2, "mine")):
            print(tessera._main(["verify", sys.argv[bundle], "--trust", f"{sys.argv[3]}/{key}.pub"]))
        """;
    Python.Ended ended =
        Python.run(
            List.of("-c", script, signed.toString(), unsigned.toString(), folder.toString()));
    assumeTrue(ended.code() != 77, "Python's package cryptography is not installed");
    assertEquals(
        "signed is intact, 8 files, and signed\n0\n"
            + "tessera: "
            + signed
            + " is not signed by the key of "
            + folder.resolve("other.pub")
            + "; do not use it\n2\ntessera: "
            + unsigned
            + " is not signed (it has no SHA256SUMS.sig); publish it with --sign-key\n2\n",
        ended.output());
  }
}
