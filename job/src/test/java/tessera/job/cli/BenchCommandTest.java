package tessera.job.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tessera.UserError;
import tessera.backend.cpu.CpuBackend;
import tessera.backend.cpu.Narrowing;
import tessera.backend.cpu.SampleBundle;
import tessera.job.bench.CudaBenchmark;
import tessera.storage.Place;

final class BenchCommandTest {
  @TempDir private Path folder;

  private static CommandLine bench() {
    return new CommandLine(new BenchCommand()).registerConverter(Place.class, Place::of);
  }

  @Test
  void help_listsAllThatIsMeasured() {
    StringWriter text = new StringWriter();
    assertEquals(0, bench().setOut(new PrintWriter(text)).execute("--help"));
    for (String what :
        List.of("cpu", "cuda", "devices", "scale", "static", "dispatch", "threads", "prediction")) {
      assertTrue(text.toString().lines().anyMatch(l -> l.contains(what + ":")), what + text);
    }
  }

  @Test
  void unknownTarget_orNone_isAMistakeThatListsTheKnown() {
    assertMistake(", not 'gpu'; tessera bench --help says what each is", "gpu");
    assertMistake("; tessera bench --help says what each is");
  }

  private static void assertMistake(String end, String... arguments) {
    assertEquals(
        "bench measures cpu, static, dispatch, threads, prediction, cuda, devices or scale" + end,
        mistake(arguments));
  }

  private static String mistake(String... arguments) {
    BenchCommand command = new BenchCommand();
    new CommandLine(command).registerConverter(Place.class, Place::of).parseArgs(arguments);
    return assertThrows(UserError.class, command::call).getMessage();
  }

  @Test
  void options_thatMeanNothing_areMistakes() {
    assertEquals("--rounds must be at least 1, not 0", mistake("prediction", "--rounds", "0"));
    assertEquals("--threads must be at least 1, not 0", mistake("threads", "--threads", "1,0"));
    assertEquals(
        "--random-shapes must be at least 1, not -3", mistake("cpu", "--random-shapes", "-3"));
    assertEquals(
        "--weights takes warm and cold, not 'hot'", mistake("cpu", "--weights", "warm,hot"));
    assertEquals("--rows must be at least 1, not 0", mistake("cpu", "--rows", "7,0"));
    assertEquals(
        "--rows takes the place of --shapes; leave one of them out",
        mistake("cpu", "--rows", "7", "--shapes", "bert"));
    assertEquals(
        "the figures cannot be written to nowhere/figures.json; give --json a file in a folder that exists and may be written",
        mistake("cpu", "--json", "nowhere/figures.json"));
  }

  @Test
  void options_ofOtherTargets_areMistakes() {
    assertEquals(
        "bench prediction takes --rounds, --json alone; leave --bundle out",
        mistake("prediction", "--bundle", "some"));
    assertEquals(
        "bench dispatch takes --bundle, --out, --json alone; leave --rounds out",
        mistake("dispatch", "--rounds", "3"));
    assertEquals(
        "bench static takes --bundle, --out, --rounds, --seed, --json alone; leave --weights out",
        mistake("static", "--weights", "cold"));
  }

  @Test
  void cpu_whereNoBundleServesAShape_isAMistake() {
    Narrowing.assumeNarrower();
    Path bundle = SampleBundle.publish(CpuBackend.detect(), "bias", folder);
    assertEquals(
        "no bundle serves any of these shapes (bundle-test is dense with bias of k = 40, m = (3 * T), n = N); dense layers without an epilogue are measured: give --bundle one of these, or --rows that it serves",
        mistake("cpu", "--bundle", bundle.toString(), "--weights", "warm", "--threads", "1"));
  }

  @Test
  void cuda_withoutABundle_isAMistake() {
    BenchCudaCommand command = new BenchCudaCommand();
    new CommandLine(command).registerConverter(Place.class, Place::of).parseArgs("--rounds", "3");
    UserError error = assertThrows(UserError.class, command::call);
    assertEquals(
        "bench cuda has no bundle to measure; give one with --bundle DIR", error.getMessage());
  }

  @Test
  void cuda_givesAllItsArgumentsToTheScript_andItsExitCodeBack() throws IOException {
    Path script = folder.resolve("scripts/bench_cuda.py");
    Files.createDirectories(script.getParent());
    Files.writeString(script, "");
    Path given = folder.resolve("given");
    Path python = folder.resolve("python");
    Files.writeString(python, "#!/bin/sh\necho \"$@\" > " + given + "\nexit 7\n");
    Files.setPosixFilePermissions(python, PosixFilePermissions.fromString("rwx------"));
    CudaBenchmark benchmark =
        new CudaBenchmark(Optional.of(folder.toString()), Optional.of(python.toString()));
    assertEquals(7, benchmark.run(List.of("--bundle", "some", "--values", "1", "6")));
    assertEquals(script + " --bundle some --values 1 6\n", Files.readString(given));
  }

  @Test
  void cudaOptions_areNotThoseOfBench() {
    CommandLine.ParseResult parsed =
        bench().parseArgs("cuda", "--values", "1", "6", "--bundle", "a", "--overlap", "--help");
    assertEquals(
        List.of("--values", "1", "6", "--overlap", "--help"), parsed.subcommand().unmatched());
  }

  @Test
  void cuda_withoutItsScriptOrPython_isAMistakeWithTheRemedy() throws IOException {
    UserError homeless =
        assertThrows(UserError.class, () -> new CudaBenchmark(Optional.empty(), Optional.empty()));
    assertEquals(
        "bench cuda needs bench_cuda.py of Tessera's folder; start it with that folder's scripts/tessera",
        homeless.getMessage());
    Files.createDirectories(folder.resolve("scripts"));
    Files.writeString(folder.resolve("scripts/bench_cuda.py"), "");
    String nowhere = folder.resolve("no-python").toString();
    CudaBenchmark benchmark =
        new CudaBenchmark(Optional.of(folder.toString()), Optional.of(nowhere));
    UserError error = assertThrows(UserError.class, () -> benchmark.run(List.of()));
    assertEquals(
        "Python ("
            + nowhere
            + ") cannot be started; install it with PyTorch, or name one that has it with PYTHON",
        error.getMessage());
  }
}
