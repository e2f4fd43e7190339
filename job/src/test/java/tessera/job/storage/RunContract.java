package tessera.job.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import tessera.job.Tessera;
import tessera.storage.Place;

/** A whole run whose workload, trace, run folder and bundle are in shared storage. */
abstract class RunContract {
  private static final String WORKLOAD =
      """
      operator: dense
      prepare: never
      extents: {m: 16 * T, n: 64, k: 64}
      variables:
        T: {trace: "../data/lengths of [1].csv", column: T}
      samples: 4
      budget: {trials: 24, seconds: 600}
      """;

  private static final Pattern ENDINGS = Pattern.compile("(?m)^outcomes   .*");
  private static final Pattern NUMBER = Pattern.compile("\\d+");

  private record Ran(int code, String output) {}

  private static Ran run(Object... arguments) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = System.out;
    PrintStream err = System.err;
    try (PrintStream both = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      System.setOut(both);
      System.setErr(both);
      String[] texts = List.of(arguments).stream().map(Object::toString).toArray(String[]::new);
      return new Ran(Tessera.execute(texts), bytes.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(out);
      System.setErr(err);
    }
  }

  private static void put(Place file, String text) throws IOException {
    file.parent().orElseThrow().createFolder();
    file.write(text.getBytes(StandardCharsets.UTF_8));
  }

  /** What is logged of a run's search, for people. */
  private static String search(Place run) {
    Ran inspected = run("inspect", run);
    assertEquals(0, inspected.code, inspected.output);
    Matcher endings = ENDINGS.matcher(inspected.output);
    assertTrue(endings.find(), inspected.output);
    assertEquals(24, NUMBER.matcher(endings.group()).results().mapToInt(RunContract::value).sum());
    return inspected.output;
  }

  private static int value(MatchResult number) {
    return Integer.parseInt(number.group());
  }

  private static void assertNoPartIsLeft(Place folder) throws IOException {
    for (Place inner : folder.list()) {
      assertFalse(inner.name().startsWith("."), inner.toString());
      if (inner.isFolder()) {
        assertNoPartIsLeft(inner);
      }
    }
  }

  /** A new one. */
  abstract Place folder() throws IOException;

  @Test
  void tune_whereAllIsStored_isInspectedResumedAndVerified() throws IOException {
    Place folder = folder();
    put(folder.resolve("data/lengths of [1].csv"), "T\n1\n2\n3\n5\n8\n");
    put(folder.resolve("workloads/small.yaml"), WORKLOAD);
    Place out = folder.resolve("o u%20t#{1}");
    Ran tuned = run("tune", folder.resolve("workloads/small.yaml"), "--out", out);
    assertEquals(0, tuned.code, tuned.output);
    Place run = out.resolve("runs").list().get(0);
    Place hardware = out.resolve("bundles/small").list().get(0);
    Ran bundle = run("inspect", hardware.resolve("latest"));
    assertEquals(0, bundle.code, bundle.output);
    String search = search(run);
    Ran resumed = run("tune", "--resume", run, "--keep", 1);
    assertEquals(0, resumed.code, resumed.output);
    assertEquals(search, search(run));
    assertNoPartIsLeft(folder);
    assertEquals(
        1, hardware.list().stream().filter(place -> !place.name().equals("latest")).count());
    Ran verified = run("verify", hardware.resolve("latest"));
    assertEquals(0, verified.code, verified.output);
    assertTrue(verified.output.contains("intact, and right on 12 random shapes"), verified.output);
    Ran bench = run("bench", "dispatch", "--out", out);
    assertEquals(0, bench.code, bench.output);
  }
}
