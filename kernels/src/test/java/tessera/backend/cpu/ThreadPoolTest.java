package tessera.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tessera.compile.Subprocess;
import tessera.compile.Template;

/** The pool of {@code threads.h} in a program of its own, whose cases are in {@code pool.c}. */
final class ThreadPoolTest {
  private static final Duration DEADLINE = Duration.ofSeconds(90);

  @TempDir private static Path folder;

  @BeforeAll
  static void compile() throws IOException {
    for (String name : List.of("threads.h", "pool.c")) {
      write(name, Template.resource(ThreadPoolTest.class, name));
    }
    Subprocess.Result built =
        run(
            "command -v gcc >/dev/null || exit 77; "
                + "gcc -std=gnu11 -O2 -Wall -Wextra -Werror -o pool pool.c -lpthread");
    assumeTrue(built.exitCode() != 77, "gcc is not installed");
    assertEquals(0, built.exitCode(), built.output());
  }

  private static void write(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text, StandardCharsets.UTF_8);
  }

  private static Subprocess.Result run(String command) throws IOException {
    return Subprocess.run(List.of("sh", "-c", command), folder, DEADLINE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "many_parts",
        "more_threads_than_parts",
        "changing_threads",
        "after_a_rest",
        "many_cores",
        "small_calls_after_a_rest",
        "small_calls_in_a_row",
        "callers_at_once",
        "signals_of_the_program",
        "fork_after_a_call",
        "fork_in_a_call",
        "late_worker"
      })
  void parallel_everyPart_isComputedOnce(String name) throws IOException {
    Subprocess.Result result = run("exec ./pool " + name);
    assertEquals(0, result.exitCode(), result.output());
  }

  /** Where the compiler has a thread sanitizer that can run here. */
  @Test
  void parallel_underTheThreadSanitizer_hasNoRace() throws IOException {
    Subprocess.Result built =
        run(
            "gcc -std=gnu11 -O1 -g -fsanitize=thread -o races pool.c -lpthread"
                + " && ./races more_threads_than_parts");
    assumeTrue(
        built.exitCode() == 0 || built.output().contains("data race"),
        "the thread sanitizer does not work here: " + built.output());
    for (String name : List.of("changing_threads", "after_a_rest", "callers_at_once")) {
      Subprocess.Result result = run("exec ./races " + name);
      assertEquals(0, result.exitCode(), result.output());
    }
  }
}
