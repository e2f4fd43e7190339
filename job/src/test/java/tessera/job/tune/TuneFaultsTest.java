package tessera.job.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tessera.backend.cpu.CpuGemm;
import tessera.compile.Template;
import tessera.job.Tessera;

/**
 * Runs in which a micro-kernel that was right before hangs or crashes at some step of the delivery.
 * A compiler before the machine's own makes kernels whose next call fails once a file is there, and
 * every call of the same kernel after it.
 */
final class TuneFaultsTest {
  /** A run that is given up: many times its budget, since other processes may slow it down. */
  private static final Duration DEADLINE = Duration.ofMinutes(8);

  private static final String WORKLOAD =
      """
      operator: dense
      prepare: never
      extents: {m: T, n: 96, k: 64}
      variables:
        T: {from: 1, to: 200}
      samples: 4
      budget: {trials: 8, seconds: 60}
      """;

  private static final String COMPILER =
      """
      #!/bin/sh
      PATH=${PATH#*:}
      for argument; do
        if [ "$argument" = candidate.c ]; then
          exec gcc -Dtessera_candidate=tessera_sound "$@" "@FOLDER@/fault.c"
        fi
      done
      exec gcc "$@"
      """;

  private static final String FAULT =
      """
      #undef tessera_candidate
      #include <stdio.h>
      #include <string.h>
      #include <unistd.h>
      #include "@FOLDER@/gemm.h"
      extern const tessera_gemm_kernel tessera_sound;
      static int hangs, crashes;
      static int is_listed(const char *list) {
        char line[512];
        int found = 0;
        FILE *file = fopen(list, "r");
        while (file && fgets(line, sizeof line, file)) found |= !strcmp(strtok(line, "\\n"), tessera_sound.name);
        if (file) fclose(file);
        return found;
      }
      static int becomes_faulty(const char *armed, const char *fired, const char *list) {
        if (rename(armed, fired)) return 0;
        FILE *file = fopen(list, "a");
        fprintf(file, "%s\\n", tessera_sound.name);
        fclose(file);
        return 1;
      }
      static void run(const tessera_gemm *gemm, int first, int last, int parts, float *scratch) {
        if (hangs || becomes_faulty("@FOLDER@/hang", "@FOLDER@/fired", "@FOLDER@/hanging")) for (volatile int i = 0;; i++) {}
        if (crashes || becomes_faulty("@FOLDER@/crash", "@FOLDER@/fired", "@FOLDER@/crashing")) *(volatile int *)8 = 1;
        if (!access("@FOLDER@/crash-all", F_OK)) *(volatile int *)8 = 1;
        tessera_sound.run(gemm, first, last, parts, scratch);
      }
      tessera_gemm_kernel tessera_candidate;
      __attribute__((constructor)) static void begin(void) {
        tessera_candidate = tessera_sound;
        tessera_candidate.run = run;
        hangs = is_listed("@FOLDER@/hanging");
        crashes = is_listed("@FOLDER@/crashing");
      }
      """;

  @TempDir private Path folder;
  private Process tuning;

  /** What tuning says, and how it ends. */
  private record Ran(int code, List<String> said) {
    String all() {
      return String.join("\n", said);
    }
  }

  /** What happens when a line is read. */
  private interface Reaction {
    void to(String line) throws IOException;
  }

  @Test
  void tune_kernelThatHangsInTheContest_isLeftOut() throws Exception {
    assertSurvives("timing the best", "hang", "RUN_TIMEOUT");
  }

  @Tag("faults")
  @ParameterizedTest
  @CsvSource({
    "timing the best, crash, RUN_FAILED",
    "measuring, hang, RUN_TIMEOUT",
    "measuring, crash, RUN_FAILED",
    "timing beside, hang, RUN_TIMEOUT",
    "timing beside, crash, RUN_FAILED",
    "published, hang, RUN_TIMEOUT",
    "published, crash, RUN_FAILED"
  })
  void tune_kernelThatFailsAtAnyOtherStep_isLeftOut(String step, String fault, String outcome)
      throws Exception {
    assertSurvives(step, fault, outcome);
  }

  @Tag("thorough")
  @Test
  void tune_allOfAContestCrash_othersAreChosen() throws Exception {
    Path crash = folder.resolve("crash-all");
    List<String> contests = new ArrayList<>();
    Ran ran =
        tune(
            WORKLOAD.replace("trials: 8", "trials: 20"),
            line -> {
              if (line.startsWith("timing the best")) {
                contests.add(line);
                if (contests.size() == 1) {
                  Files.createFile(crash);
                } else {
                  Files.deleteIfExists(crash);
                }
              }
            });
    assertEquals(0, ran.code, ran.all());
    assertTrue(contests.size() > 1, ran.all());
    assertEquals(
        0, Tessera.execute("verify", TuneEndToEndTest.bundle(ran.said.stream()).toString()));
  }

  @Tag("thorough")
  @Test
  void tune_allThatWereRightCrash_endsInOneSentence() throws Exception {
    Ran ran = tune(WORKLOAD, once("timing the best", () -> write("crash-all")));
    assertEquals(2, ran.code, ran.all());
    String last = ran.said.get(ran.said.size() - 1);
    assertTrue(
        last.matches("tessera: none of the \\d micro-kernels that were right .* on this machine"),
        ran.all());
  }

  @Tag("thorough")
  @Test
  void tune_failureAfterPublishing_namesTheBundleAndWhatWasNotDone() throws Exception {
    Ran ran =
        tune(
            WORKLOAD,
            once(
                "published",
                () -> {
                  Files.move(folder.resolve("temporary"), folder.resolve("moved"));
                  tuning.descendants().forEach(ProcessHandle::destroyForcibly);
                }));
    assertEquals(0, ran.code, ran.all());
    assertTrue(
        ran.all()
            .contains(
                "; shapes that were not timed before were not looked at: the temporary folder "
                    + folder.resolve("temporary")),
        ran.all());
    assertTrue(Files.isDirectory(TuneEndToEndTest.bundle(ran.said.stream())), ran.all());
  }

  @Tag("thorough")
  @Test
  void tune_faultAfterPublishingAndNoOtherBundle_saysSo() throws Exception {
    Path bundles = folder.resolve("out/bundles");
    Ran ran =
        tune(
            WORKLOAD,
            once(
                "published",
                () -> {
                  Files.move(bundles, folder.resolve("moved"));
                  Files.createFile(bundles);
                  write("crash");
                }));
    assertEquals(1, ran.code, ran.all());
    assertTrue(
        ran.all()
            .contains(
                ": a micro-kernel in it failed after it was published, and no other bundle could be: the bundle cannot be published under "),
        ran.all());
    Path bundle = TuneEndToEndTest.bundle(ran.said.stream());
    assertTrue(bundle.startsWith(bundles), "it is named: " + ran.all());
    assertTrue(ran.all().contains("do not use " + bundle + ": a micro-kernel in it "), ran.all());
  }

  @Tag("thorough")
  @Test
  void tune_faultAfterPublishingAndNothingElseWorks_leavesNoLatest() throws Exception {
    Ran ran = tune(WORKLOAD, once("published", () -> write("crash-all")));
    assertEquals(1, ran.code, ran.all());
    Path bundle = TuneEndToEndTest.bundle(ran.said.stream());
    assertTrue(ran.all().contains("the bundle " + bundle + " is withdrawn: "), ran.all());
    assertTrue(ran.all().contains("do not use " + bundle + ": a micro-kernel in it "), ran.all());
    assertTrue(Files.isRegularFile(bundle.resolve("FAULT")));
    assertTrue(Files.notExists(bundle.resolveSibling("latest"), LinkOption.NOFOLLOW_LINKS));
  }

  /** The fault happens, and the run ends with a bundle that is right. */
  private void assertSurvives(String step, String fault, String outcome) throws Exception {
    Ran ran = tune(WORKLOAD, once(step, () -> write(fault)));
    List<String> said = ran.said;
    String all = ran.all();
    assertEquals(0, ran.code, all);
    assertTrue(Files.exists(folder.resolve("fired")), "the fault happened: " + all);
    assertTrue(all.contains(" is left out: " + outcome + " on "), all);
    String label =
        said.stream()
            .filter(line -> line.contains(" is left out: "))
            .findFirst()
            .orElseThrow()
            .replaceAll(" is left out: .*", "");
    Path bundle = TuneEndToEndTest.bundle(said.stream());
    assertEquals(
        step.equals("published") ? 1 : 0,
        said.stream().filter(line -> line.contains(" is withdrawn: " + label)).count(),
        all);
    assertEquals(bundle.toRealPath(), bundle.resolveSibling("latest").toRealPath());
    try (Stream<Path> kernels = Files.list(bundle.resolve("kernels"))) {
      assertTrue(
          kernels.noneMatch(kernel -> kernel.endsWith(label + ".c")), "what failed is not shipped");
    }
    assertEquals(0, Tessera.execute("verify", bundle.toString()));
  }

  private interface Action {
    void run() throws IOException;
  }

  /** Something that happens when tuning comes to a step for the first time. */
  private static Reaction once(String step, Action action) {
    List<String> come = new ArrayList<>();
    return line -> {
      if (line.startsWith(step) && come.isEmpty()) {
        come.add(line);
        action.run();
      }
    };
  }

  /** Tunes in a process of its own, which is killed at the deadline. */
  private Ran tune(String text, Reaction reaction) throws Exception {
    Path workload = Files.writeString(folder.resolve("faults.yaml"), text);
    Path temporary = Files.createDirectory(folder.resolve("temporary"));
    Path compilers = Files.createDirectory(folder.resolve("compilers"));
    Path compiler = Files.writeString(compilers.resolve("gcc"), inFolder(COMPILER));
    assertTrue(compiler.toFile().setExecutable(true));
    Files.writeString(folder.resolve("gemm.h"), Template.resource(CpuGemm.class, "gemm.h"));
    Files.writeString(folder.resolve("fault.c"), inFolder(FAULT));
    List<String> command =
        TuneEndToEndTest.command(
            "tune",
            workload.toString(),
            "--threads",
            "1",
            "--out",
            folder.resolve("out").toString());
    command.add(command.indexOf("-cp"), "-Djava.io.tmpdir=" + temporary);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("PATH", compilers + ":" + System.getenv("PATH"));
    builder.environment().put("XDG_CACHE_HOME", folder.resolve("cache").toString());
    tuning = builder.start();
    CompletableFuture.delayedExecutor(DEADLINE.toSeconds(), TimeUnit.SECONDS)
        .execute(tuning::destroyForcibly);
    List<String> said = new ArrayList<>();
    try (BufferedReader lines = tuning.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        said.add(line);
        reaction.to(line);
      }
    }
    return new Ran(tuning.waitFor(), said);
  }

  private void write(String fault) throws IOException {
    Files.createFile(folder.resolve(fault));
  }

  private String inFolder(String text) {
    return text.replace("@FOLDER@", folder.toString());
  }
}
