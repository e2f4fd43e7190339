package tessera.job.tune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tessera.backend.cpu.Narrowing;
import tessera.job.Tessera;
import tessera.runtime.Bundle;
import tessera.runtime.TunedOperator;

/** From what a bundle counts to drift, to a bundle for what was called. */
@Tag("thorough")
final class DriftRoundTripTest {
  private static final String WORKLOAD =
      """
      operator: dense
      extents: {m: T, n: 40, k: 40}
      variables:
        T: {from: 1, to: 16}
      samples: 4
      budget: {effort: quick, trials: 3, seconds: 120}
      """;

  @TempDir private Path folder;

  @BeforeAll
  static void isNarrowerOrWhole() {
    Narrowing.assumeNarrower();
  }

  private record Ran(int code, String output) {
    /** What follows the first line that begins so. */
    String after(String begin) {
      return output
          .lines()
          .filter(line -> line.startsWith(begin))
          .findFirst()
          .orElseThrow(() -> new AssertionError(output))
          .substring(begin.length());
    }
  }

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

  private static FloatBuffer floats(int count) {
    return ByteBuffer.allocateDirect(4 * count).order(ByteOrder.nativeOrder()).asFloatBuffer();
  }

  private void call(String bundle, Path trace) {
    FloatBuffer x = floats(100 * 40);
    FloatBuffer y = floats(100 * 40);
    try (TunedOperator operator = TunedOperator.open(Path.of(bundle))) {
      operator.count(true);
      for (int call = 0; call < 600; call++) {
        operator.run(new long[] {80 + call % 3}, y, x, floats(40 * 40));
      }
      operator.counts(trace);
    }
  }

  @Test
  void tune_forWhatABundleCounted_endsTheDrift() throws IOException {
    Path file = Files.writeString(folder.resolve("small.yaml"), WORKLOAD);
    Ran tuned = run("tune", file.toString(), "--out", folder.resolve("out").toString());
    assertEquals(0, tuned.code, tuned.output);
    String bundle = tuned.after("bundle: ");
    Path trace = folder.resolve("calls.csv");
    call(bundle, trace);
    assertEquals("T,calls\n80,200\n81,200\n82,200\n", Files.readString(trace));
    Ran moved = run("drift", bundle, "--trace", trace.toString());
    assertEquals(12, moved.code, moved.output);
    List<String> command = Arrays.asList(moved.after("retune by  ").split(" "));
    assertEquals(List.of("tessera", "tune"), command.subList(0, 2));
    assertTrue(command.contains("--warm-from"), moved.output);
    Ran again =
        run(
            Stream.concat(command.stream().skip(1), Stream.of("--trials", "3", "--seconds", "120"))
                .toArray(String[]::new));
    assertEquals(0, again.code, again.output);
    String other = again.after("bundle: ");
    assertEquals(
        "T,calls\n80,0.3333333333333333\n81,0.3333333333333333\n82,0.3333333333333333\n",
        Files.readString(Path.of(other).resolve(Bundle.WEIGHTS)));
    Ran settled = run("drift", other, "--trace", trace.toString());
    assertEquals(0, settled.code, settled.output);
  }
}
