package tessera.job.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
  private static final double BUDGET = 60;

  private static final String WORKLOAD =
      """
      operator: dense
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

  @Test
  void tune_kernelThatHangsInTheContest_isLeftOut() throws Exception {
    assertSurvives("timing the best", "hang", "RUN_TIMEOUT");
  }

  @Tag("thorough")
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

  /** The fault happens, and the run ends within its budget with a bundle that is right. */
  private void assertSurvives(String step, String fault, String outcome) throws Exception {
    Path workload = Files.writeString(folder.resolve("faults.yaml"), WORKLOAD);
    List<String> said = tune(workload, step, fault);
    String all = String.join("\n", said);
    assertTrue(Files.exists(folder.resolve("fired")), "the fault happened: " + all);
    assertTrue(all.contains(" is left out: " + outcome + " on "), all);
    double started = seconds(said, "searching for .*, (\\d+) of .*");
    double ended = seconds(said, ".* micro-kernels in (\\d+) s.*");
    assertTrue(ended <= 1.1 * BUDGET + started, all);
    String label =
        said.stream()
            .filter(line -> line.contains(" is left out: "))
            .findFirst()
            .orElseThrow()
            .replaceAll(" is left out: .*", "");
    Path bundle = TuneEndToEndTest.bundle(said.stream());
    try (Stream<Path> kernels = Files.list(bundle.resolve("kernels"))) {
      assertTrue(
          kernels.noneMatch(kernel -> kernel.endsWith(label + ".c")), "what failed is not shipped");
    }
    assertEquals(0, Tessera.execute("verify", bundle.toString()));
  }

  /** The number in the only line of a kind. */
  private static double seconds(List<String> said, String line) {
    return said.stream()
        .filter(text -> text.matches(line))
        .mapToDouble(text -> Double.parseDouble(text.replaceAll(line, "$1")))
        .findFirst()
        .orElseThrow();
  }

  /** What tuning says, a fault being armed when it comes to a step. */
  private List<String> tune(Path workload, String step, String fault) throws Exception {
    Path compilers = Files.createDirectory(folder.resolve("compilers"));
    Path compiler = Files.writeString(compilers.resolve("gcc"), inFolder(COMPILER));
    assertTrue(compiler.toFile().setExecutable(true));
    Files.writeString(folder.resolve("gemm.h"), Template.resource(CpuGemm.class, "gemm.h"));
    Files.writeString(folder.resolve("fault.c"), inFolder(FAULT));
    ProcessBuilder builder =
        new ProcessBuilder(
                TuneEndToEndTest.command(
                    "tune",
                    workload.toString(),
                    "--threads",
                    "1",
                    "--out",
                    folder.resolve("out").toString()))
            .redirectErrorStream(true);
    builder.environment().put("PATH", compilers + ":" + System.getenv("PATH"));
    builder.environment().put("XDG_CACHE_HOME", folder.resolve("cache").toString());
    Process process = builder.start();
    List<String> said = new ArrayList<>();
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        said.add(line);
        if (line.startsWith(step) && !Files.exists(folder.resolve("fired"))) {
          arm(fault);
        }
      }
    }
    assertEquals(0, process.waitFor(), String.join("\n", said));
    return said;
  }

  private void arm(String fault) throws IOException {
    Files.writeString(folder.resolve(fault), "");
  }

  private String inFolder(String text) {
    return text.replace("@FOLDER@", folder.toString());
  }
}
