package tessera.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SubprocessTest {
  @TempDir private Path folder;
  @TempDir private Path temporary;

  /** Prints what a shell script prints. */
  static final class Echo {
    public static void main(String[] arguments) throws IOException {
      List<String> command = List.of("sh", "-c", arguments[0]);
      System.out.print(Subprocess.run(command, Path.of("."), Duration.ofSeconds(20)).output());
    }
  }

  @Test
  void run_userSpeaksGerman_commandSpeaksEnglish() throws IOException {
    List<String> command = JavaCommand.of(Echo.class).with(Subprocess.class).build();
    command.add("echo $LC_ALL/$LANGUAGE");
    ProcessBuilder german = new ProcessBuilder(command);
    german.environment().put("LC_ALL", "de_DE.UTF-8");
    german.environment().put("LANGUAGE", "de");
    Process process = german.redirectErrorStream(true).start();
    assertEquals(
        "C.UTF-8/\n", new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
  }

  @Test
  void run_secretsInTheEnvironment_areNotInherited() throws IOException {
    List<String> command = JavaCommand.of(Echo.class).with(Subprocess.class).build();
    command.add("echo $AWS_SECRET_ACCESS_KEY/$OMP_NUM_THREADS; stat -c %a $TMPDIR");
    ProcessBuilder rich = new ProcessBuilder(command);
    rich.environment().put("AWS_SECRET_ACCESS_KEY", "secret");
    rich.environment().put("OMP_NUM_THREADS", "3");
    Process process = rich.redirectErrorStream(true).start();
    assertEquals(
        "/3\n700\n", new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
  }

  /** A process whose command leaves a file in its folder, and has begun what a script says. */
  private Process begun(String script) throws Exception {
    List<String> command =
        JavaCommand.of(Echo.class)
            .with(Subprocess.class)
            .withOption("-Djava.io.tmpdir=" + temporary)
            .build();
    command.add(": >$TMPDIR/left; : >begun; " + script);
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    while (process.isAlive() && !Files.exists(folder.resolve("begun"))) {
      Thread.sleep(10);
    }
    return process;
  }

  private void assertNothingIsLeftBy(List<ProcessHandle> commands) throws Exception {
    assertFalse(commands.isEmpty());
    for (ProcessHandle each : commands) {
      each.onExit().get(20, TimeUnit.SECONDS);
    }
    try (Stream<Path> left = Files.list(temporary)) {
      assertEquals(List.of(), left.toList());
    }
  }

  /** As an executor is ended whose driver died. */
  @Test
  void run_processIsEnded_commandAndItsFolderGoWithIt() throws Exception {
    Process process = begun("exec sleep 1000");
    List<ProcessHandle> sleeping = process.descendants().toList();
    process.destroy();
    assertEquals(143, process.waitFor());
    assertNothingIsLeftBy(sleeping);
  }

  @Test
  void run_processIsKilled_folderGoesWithTheCommand() throws Exception {
    Process process = begun("while [ ! -e end ]; do sleep 0.02; done");
    List<ProcessHandle> waiting =
        process
            .descendants()
            .filter(one -> one.info().command().orElse("").endsWith("sh"))
            .toList();
    process.destroyForcibly().waitFor();
    Files.createFile(folder.resolve("end"));
    assertNothingIsLeftBy(waiting);
  }

  private static String said(List<String> command) throws IOException {
    return Subprocess.run(command, Path.of("."), Duration.ofSeconds(20)).output();
  }

  @Test
  void run_anyCommand_hasLimits() throws IOException {
    List<String> command = List.of("sh", "-c", "ulimit -c; ulimit -t; ulimit -v");
    List<String> said = said(command).lines().toList();
    assertEquals(List.of("0", "5529600"), said.subList(0, 2));
    assertNotEquals("4096000", said.get(2));
    assertEquals("0\n5529600\n4096000\n", said(Confinement.within(4096000, command)));
  }

  @Test
  void run_missingProgram_isNotDone() throws IOException {
    List<String> command = List.of("no-such-program", "--version");
    assertEquals(127, Subprocess.run(command, Path.of("."), Duration.ofSeconds(20)).exitCode());
  }

  @Test
  void isInherited_namesOfSecrets_areNotWhateverTheyBeginWith() {
    for (String name :
        List.of(
            "PATH",
            "LC_TIME",
            "LD_LIBRARY_PATH",
            "CUDA_HOME",
            "NIX_LDFLAGS",
            "ONEDNN_MAX_CPU_ISA",
            "AOCL_DLP_ENABLE_INSTRUCTIONS",
            "LIBXSMM_TARGET")) {
      assertTrue(Confinement.isInherited(name), name);
    }
    for (String name :
        List.of("NVIDIA_API_KEY", "CUDA_TOKEN", "OMP_Password", "LANGUAGE", "XPATH", "PATHS", "")) {
      assertFalse(Confinement.isInherited(name), name);
    }
  }
}
