package tessera.job.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import tessera.backend.cpu.CpuGemm;
import tessera.compile.Template;

/**
 * Compilers and clocks that make something go wrong, as variables of executors' environment. With
 * all of these compilers one micro-kernel is the fastest by far, whatever else the machine does
 * while others are timed: a run that chooses another has been misled by what happened to it.
 */
final class Sabotage {
  /** A compiler that does something else with candidates. */
  private static final String COMPILER =
      """
      #!/bin/sh
      PATH=${PATH#*:}
      for argument; do
        if [ "$argument" = candidate.c ]; then
          @COMMANDS@
        fi
      done
      exec gcc "$@"
      """;

  private static final String AS_WRAPPED =
      "exec gcc -Dtessera_candidate=tessera_sound \"$@\" \"@FOLDER@/wrapped.c\"";

  private static final String TWICE_MORE = "gcc \"$@\"; gcc \"$@\"; ";

  private static final String NOBODY = "0";

  /** A call of any but the fastest takes at least 3 ms, some fifty times what it has to. */
  private static final String WRAPPED =
      """
      #define _GNU_SOURCE
      #undef tessera_candidate
      #include <signal.h>
      #include <stdio.h>
      #include <string.h>
      #include <time.h>
      #include <unistd.h>
      #include "@FOLDER@/gemm.h"
      extern const tessera_gemm_kernel tessera_sound;
      static int plain(const char *tile) {
        return strstr(tessera_sound.name, tile) && !strstr(tessera_sound.name, "_packed");
      }
      static long nanos(void) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        return 1000000000L * now.tv_sec + now.tv_nsec;
      }
      static void run(const tessera_gemm *gemm, int first, int last, int parts, float *scratch) {
        pid_t victim = @VICTIM@;
        if (victim && plain("_1x5_")) kill(victim, SIGKILL);
        long begun = nanos();
        tessera_sound.run(gemm, first, last, parts, scratch);
        while (!plain("_1x12_") && nanos() - begun < 3000000) continue;
      }
      tessera_gemm_kernel tessera_candidate;
      __attribute__((constructor)) static void begin(void) {
        tessera_candidate = tessera_sound;
        tessera_candidate.run = run;
      }
      """;

  /**
   * Clocks of the time of day that go wrong once a file is there; each process that they told a
   * wrong time leaves a file with its id.
   */
  private static final String CLOCK =
      """
      #define _GNU_SOURCE
      #include <dlfcn.h>
      #include <fcntl.h>
      #include <stdio.h>
      #include <sys/time.h>
      #include <time.h>
      #include <unistd.h>
      static long offset(void) {
        static int told;
        if (access("@FOLDER@/jumped", F_OK)) return 0;
        if (!__atomic_exchange_n(&told, 1, __ATOMIC_RELAXED)) {
          char file[512];
          snprintf(file, sizeof file, "@FOLDER@/told-%d", (int)getpid());
          close(open(file, O_CREAT | O_WRONLY, 0666));
        }
        return @SECONDS@;
      }
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

  private final Path folder;

  /**
   * @param folder for sources and what they make
   */
  Sabotage(Path folder) {
    this.folder = folder;
  }

  private String inFolder(String text) {
    return text.replace("@FOLDER@", folder.toString());
  }

  /** A compiler that only makes one micro-kernel the fastest. */
  Map<String, String> compiler() throws IOException {
    return compiler(NOBODY, AS_WRAPPED);
  }

  /** A compiler that takes three times as long, and has not built anything yet. */
  Map<String, String> slowCompiler() throws IOException {
    return compiler(NOBODY, TWICE_MORE + AS_WRAPPED);
  }

  /**
   * One of the slow micro-kernels kills.
   *
   * @param victim whom, in C
   */
  Map<String, String> killer(String victim) throws IOException {
    return compiler(victim, AS_WRAPPED);
  }

  private Map<String, String> compiler(String victim, String commands) throws IOException {
    Files.writeString(folder.resolve("gemm.h"), Template.resource(CpuGemm.class, "gemm.h"));
    Files.writeString(folder.resolve("wrapped.c"), inFolder(WRAPPED).replace("@VICTIM@", victim));
    Path compilers = Files.createDirectory(folder.resolve("compilers"));
    String script = inFolder(COMPILER.replace("@COMMANDS@", commands));
    SparkFolder.script(compilers.resolve("gcc"), script);
    String path = compilers + ":" + System.getenv("PATH");
    return Map.of("PATH", path, "XDG_CACHE_HOME", folder.resolve("cache").toString());
  }

  /**
   * @param seconds by which {@link #jump} sets the time of day forward
   */
  Map<String, String> clock(int seconds) throws IOException, InterruptedException {
    Path source = folder.resolve("clock.c");
    Files.writeString(source, inFolder(CLOCK).replace("@SECONDS@", Integer.toString(seconds)));
    String library = folder.resolve("clock.so").toString();
    Process built =
        new ProcessBuilder(
                "gcc", "-shared", "-fPIC", "-O1", "-o", library, source.toString(), "-ldl")
            .inheritIO()
            .start();
    assertEquals(0, built.waitFor());
    return Map.of("LD_PRELOAD", library);
  }

  void jump() throws IOException {
    Files.createFile(folder.resolve("jumped"));
  }

  /** Whether a process, which may have ended, saw the time of day that is wrong. */
  boolean wasTold(ProcessHandle process) {
    return Files.exists(folder.resolve("told-" + process.pid()));
  }
}
