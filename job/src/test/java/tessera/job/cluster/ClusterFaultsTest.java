package tessera.job.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.backend.cpu.CpuGemm;
import tessera.compile.Template;

/** What happens to real processes while a run is under way; each run ends with its bundle. */
@Tag("faults")
final class ClusterFaultsTest {
  /** A compiler whose kernels have one among them that kills the process that measures it. */
  private static final String COMPILER =
      """
      #!/bin/sh
      PATH=${PATH#*:}
      for argument; do
        if [ "$argument" = candidate.c ]; then
          exec gcc -Dtessera_candidate=tessera_sound "$@" "@FOLDER@/killer.c"
        fi
      done
      exec gcc "$@"
      """;

  private static final String KILLER =
      """
      #undef tessera_candidate
      #include <fcntl.h>
      #include <signal.h>
      #include <stdio.h>
      #include <string.h>
      #include <unistd.h>
      #include "@FOLDER@/gemm.h"
      extern const tessera_gemm_kernel tessera_sound;
      static int is_killer(void) {
        char name[512] = "";
        int file = open("@FOLDER@/killer", O_CREAT | O_EXCL | O_WRONLY, 0666);
        if (file >= 0) {
          if (write(file, tessera_sound.name, strlen(tessera_sound.name)) < 0) return 0;
          close(file);
        }
        FILE *killer = fopen("@FOLDER@/killer", "r");
        size_t length = killer ? fread(name, 1, sizeof name - 1, killer) : 0;
        if (killer) fclose(killer);
        return length && !strcmp(name, tessera_sound.name);
      }
      static void run(const tessera_gemm *gemm, int first, int last, int parts, float *scratch) {
        if (is_killer()) kill(@VICTIM@, SIGKILL);
        tessera_sound.run(gemm, first, last, parts, scratch);
      }
      tessera_gemm_kernel tessera_candidate;
      __attribute__((constructor)) static void begin(void) {
        tessera_candidate = tessera_sound;
        tessera_candidate.run = run;
      }
      """;

  /** Clocks of the time of day that go wrong once a file is there. */
  private static final String CLOCK =
      """
      #define _GNU_SOURCE
      #include <dlfcn.h>
      #include <sys/time.h>
      #include <time.h>
      #include <unistd.h>
      static long offset(void) { return access("@FOLDER@/jumped", F_OK) ? 0 : @SECONDS@; }
      int clock_gettime(clockid_t clock, struct timespec *time) {
        static int (*real)(clockid_t, struct timespec *);
        if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
        int code = real(clock, time);
        if (!code && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += offset();
        return code;
      }
      int gettimeofday(struct timeval *restrict time, void *restrict zone) {
        struct timespec now;
        (void)zone;
        int code = clock_gettime(CLOCK_REALTIME, &now);
        time->tv_sec = now.tv_sec;
        time->tv_usec = now.tv_nsec / 1000;
        return code;
      }
      """;

  @TempDir private Path folder;

  private String inFolder(String text) {
    return text.replace("@FOLDER@", folder.toString());
  }

  @Test
  void tune_executorKilledInARound_delivers() throws Exception {
    try (FaultyRun run = FaultyRun.on(folder, Map.of(), 2)) {
      SparkProcess tune = run.tune();
      FaultyRun.awaitRounds(tune, 1);
      run.cluster().executors().get(0).destroyForcibly();
      run.assertDelivers(tune);
    }
  }

  @Test
  void tune_workerLost_delivers() throws Exception {
    try (FaultyRun run = FaultyRun.on(folder, Map.of(), 2)) {
      SparkProcess tune = run.tune();
      FaultyRun.awaitRounds(tune, 1);
      run.cluster().workers().get(0).handle().destroyForcibly();
      run.assertDelivers(tune);
    }
  }

  @Test
  void resume_driverKilled_keepsAllRoundsAndDelivers() throws Exception {
    try (FaultyRun run = FaultyRun.on(folder, Map.of(), 2)) {
      SparkProcess tune = run.tune();
      FaultyRun.awaitRounds(tune, 2);
      tune.handle().destroyForcibly();
      tune.handle().onExit().join();
      run.assertNothingLeft();
      List<Row> before = run.trials();
      run.assertDelivers(run.resume());
      assertEquals(before, run.trials().subList(0, before.size()));
    }
  }

  @Test
  void tune_measuringProcessStops_isReplacedAndDelivers() throws Exception {
    try (FaultyRun run = FaultyRun.on(folder, Map.of(), 2)) {
      SparkProcess tune = run.tune();
      ProcessHandle stopped = run.awaitMeasuring(tune);
      FaultyRun.signal("STOP", List.of(stopped));
      stopped.onExit().get(FaultyRun.LIMIT.toSeconds(), TimeUnit.SECONDS);
      run.assertDelivers(tune);
    }
  }

  @Test
  void tune_workerIsDecommissioned_delivers() throws Exception {
    Map<String, String> enabled = Map.of("SPARK_WORKER_OPTS", "-Dspark.decommission.enabled=true");
    try (FaultyRun run = FaultyRun.on(folder, enabled, 2)) {
      SparkProcess tune = run.tune("spark.decommission.enabled=true");
      FaultyRun.awaitRounds(tune, 1);
      FaultyRun.signal("PWR", List.of(run.cluster().workers().get(0).handle()));
      run.assertDelivers(tune);
    }
  }

  /** Kernels' names for whatever kills them: nothing else of the run fails. */
  private List<String> failures(String victim) throws Exception {
    Path compilers = Files.createDirectory(folder.resolve("compilers"));
    Path compiler = Files.writeString(compilers.resolve("gcc"), inFolder(COMPILER));
    assertTrue(compiler.toFile().setExecutable(true));
    Files.writeString(folder.resolve("gemm.h"), Template.resource(CpuGemm.class, "gemm.h"));
    Files.writeString(folder.resolve("killer.c"), inFolder(KILLER).replace("@VICTIM@", victim));
    String path = compilers + ":" + System.getenv("PATH");
    try (FaultyRun run = FaultyRun.on(folder, Map.of("PATH", path), 2)) {
      run.assertDelivers(run.tune());
      assertTrue(Files.exists(folder.resolve("killer")), "one was the killer");
      return run.trials().stream()
          .filter(row -> !row.getString(2).equals("OK") && !row.getString(2).equals("NOISY"))
          .map(row -> row.getString(2) + ": " + row.getString(3))
          .toList();
    }
  }

  @Test
  void tune_candidateKillsItsProcess_isGivenUp() throws Exception {
    assertEquals(List.of("RUN_FAILED: the process died by signal 9"), failures("getpid()"));
  }

  @Test
  void tune_candidateKillsItsExecutor_isGivenUpAfterTwo() throws Exception {
    assertEquals(List.of("RUN_FAILED: 2 executors died while they had it"), failures("getppid()"));
  }

  private String clock(int seconds) throws Exception {
    Path source = folder.resolve("clock.c");
    Files.writeString(source, inFolder(CLOCK).replace("@SECONDS@", Integer.toString(seconds)));
    Path library = folder.resolve("clock.so");
    Process built =
        new ProcessBuilder(
                "gcc",
                "-shared",
                "-fPIC",
                "-O1",
                "-o",
                library.toString(),
                source.toString(),
                "-ldl")
            .inheritIO()
            .start();
    assertEquals(0, built.waitFor());
    return library.toString();
  }

  @Test
  void tune_executorsWithAnotherTimeOfDay_delivers() throws Exception {
    Map<String, String> preload = Map.of("LD_PRELOAD", clock(3600));
    Files.createFile(folder.resolve("jumped"));
    try (FaultyRun run = FaultyRun.on(folder, preload, 2)) {
      run.assertDelivers(run.tune());
    }
  }

  @Test
  void tune_executorsWhoseClocksJumpBack_delivers() throws Exception {
    Map<String, String> preload = Map.of("LD_PRELOAD", clock(-7200));
    try (FaultyRun run = FaultyRun.on(folder, preload, 2)) {
      SparkProcess tune = run.tune();
      FaultyRun.awaitRounds(tune, 1);
      Files.createFile(folder.resolve("jumped"));
      run.assertDelivers(tune);
    }
  }

  /** Lets a process and what it starts run for a tenth of the time, until it ends. */
  private static void slowDown(ProcessHandle process) {
    Thread thread =
        new Thread(
            () -> {
              try {
                while (process.isAlive()) {
                  List<ProcessHandle> all =
                      Stream.concat(Stream.of(process), process.descendants()).toList();
                  FaultyRun.signal("STOP", all);
                  Thread.sleep(450);
                  FaultyRun.signal("CONT", all);
                  Thread.sleep(50);
                }
              } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    thread.setDaemon(true);
    thread.start();
  }

  @Test
  void tune_executorTenTimesSlower_isLeftOutAndDelivers() throws Exception {
    try (FaultyRun run = FaultyRun.on(folder, Map.of(), 2)) {
      SparkProcess tune = run.tune();
      FaultyRun.awaitRounds(tune, 1);
      slowDown(run.cluster().executors().get(0));
      run.assertDelivers(tune);
      assertTrue(tune.err().contains(" is left out while there are others: "), tune.err());
    }
  }

  /** A small disk for what a run writes. */
  private AutoCloseable disk(Path place) throws Exception {
    Files.createDirectories(place);
    Process mounted =
        new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=1m", "none", place.toString())
            .start();
    assumeTrue(mounted.waitFor() == 0, "only root can mount a small disk");
    return () -> new ProcessBuilder("umount", "-l", place.toString()).start().waitFor();
  }

  /** Leaves no room on a disk. */
  private static void fill(Path filler) {
    try (OutputStream out = Files.newOutputStream(filler)) {
      for (int i = 0; i < 2048; i++) {
        out.write(new byte[1024]);
      }
      fail("the disk is larger than it should be");
    } catch (IOException e) {
      // it is full
    }
  }

  /** The disk is full from some line on; once there is room the run goes on. */
  private void assertResumes(Pattern line, String thing) throws Exception {
    try (FaultyRun run = FaultyRun.on(folder, Map.of(), 2);
        AutoCloseable disk = disk(run.out())) {
      SparkProcess tune = run.tune();
      tune.await(line, FaultyRun.LIMIT);
      Path filler = run.out().resolve("filler");
      fill(filler);
      assertEquals(2, tune.exitCode(FaultyRun.LIMIT), tune.out() + tune.err());
      assertTrue(tune.err().contains("tessera: the " + thing), tune.err());
      run.assertNothingLeft();
      Files.delete(filler);
      run.assertDelivers(run.resume());
    }
  }

  @Test
  void resume_afterTheLogsDiskWasFull_delivers() throws Exception {
    assertResumes(Pattern.compile("(\\d+ of 20 trials)"), "run folder ");
  }

  @Test
  void resume_afterTheBundlesDiskWasFull_delivers() throws Exception {
    assertResumes(Pattern.compile("(timing beside)"), "bundle ");
  }
}
