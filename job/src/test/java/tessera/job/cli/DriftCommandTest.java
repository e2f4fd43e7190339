package tessera.job.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tessera.Json;
import tessera.analysis.MadeUpBundle;
import tessera.job.Ran;
import tessera.storage.Place;

/** {@code drift}: its exit codes, what it prints, and what it says of mistakes. */
final class DriftCommandTest {
  /** Tuned for 1 to 8, all alike. */
  private static Place bundle;

  @TempDir private static Path bundles;
  @TempDir private Path folder;

  private Path file;

  private static Ran drift(Object... arguments) {
    return Ran.of(List.of("drift"), arguments);
  }

  @BeforeAll
  static void publish() {
    MadeUpBundle tuned = new MadeUpBundle();
    for (long shape = 1; shape <= 8; shape++) {
      tuned.tunedFor(shape, 0.125).timed(shape, 0.125, 1e-6 * shape, 0, 0.01);
    }
    bundle = tuned.timed(16, 0, 16e-6, 0, 0.01).publish(Place.of(bundles));
  }

  @BeforeEach
  void name() {
    file = folder.resolve("calls.csv");
  }

  private Path trace(String... lines) throws IOException {
    return Files.write(file, List.of(lines));
  }

  @Test
  void drift_ofCallsAsItWasTunedFor_ends0() throws IOException {
    String[] lines = new String[9];
    lines[0] = "T,calls";
    for (int shape = 1; shape <= 8; shape++) {
      lines[shape] = shape + ",1000";
    }
    Ran ran = drift(bundle, "--trace", trace(lines));
    assertEquals(0, ran.code(), ran.err());
    assertEquals(
        "trace      " + file + ": 8000 calls of 8 shapes, T from 1 to 8", ran.lines().get(0));
    assertEquals(
        "tuned for  T from 1 to 8: the weights that it was tuned with", ran.lines().get(1));
    assertTrue(ran.lines().get(2).startsWith("moved      no: 0.0% ("), ran.out());
    String outside =
        "outside    0.0% (0.0% to 0.0%) of the calls are outside of what it was tuned for; they"
            + " take 0.0% (0.0% to 0.0%) of the predicted time";
    assertTrue(ran.lines().contains(outside), ran.out());
    assertTrue(
        ran.lines().get(ran.lines().size() - 1).startsWith("gain       not known: "), ran.out());
  }

  /** Half of the calls are of 16, which takes 16 us; the others of 8, which takes half. */
  @Test
  void drift_ofCallsThatMoved_ends12AndSaysWhereTo() throws IOException {
    Ran ran = drift(bundle, "--trace", trace("T,calls", "8,1000", "16,1000"));
    assertEquals(12, ran.code(), ran.err());
    assertTrue(ran.lines().get(2).startsWith("moved      yes: 87.5% (8"), ran.out());
    assertEquals(
        "           T 16 to 23: 0.0% of what it was tuned for, 50.0% of the calls",
        ran.lines().get(3));
    assertTrue(
        ran.out().contains("outside    50.0% (47.8% to 52.2%) of the calls")
            && ran.out().contains("they take 66.7% ("),
        ran.out());
    String last = ran.lines().get(ran.lines().size() - 1);
    assertEquals(
        "retune by  the run that made the bundle is not in the folder runs beside it", last);
  }

  @Test
  void drift_ofThreeCalls_criesNoWolf() throws IOException {
    assertEquals(0, drift(bundle, "--trace", trace("T", "16", "16", "7")).code());
  }

  @Test
  void json_ofDrift_hasItsFields() throws IOException {
    Path json = folder.resolve("drift.json");
    Ran ran =
        drift(
            bundle,
            "--trace",
            trace("Tokens,n", "16,500"),
            "--column",
            "Tokens",
            "--count",
            "n",
            "--json",
            json);
    assertEquals(12, ran.code(), ran.err());
    JsonNode form = Json.DOCUMENTS.readTree(json.toFile());
    assertEquals("drift", form.path("kind").asText());
    assertEquals("MOVED", form.path("verdict").asText());
    assertEquals(500, form.path("calls").asDouble());
    assertEquals(1, form.path("distance").path("value").asDouble());
    assertEquals(1, form.path("outsideCalls").path("value").asDouble());
    assertEquals(16, form.path("ranges").path(0).path("calledTo").asLong());
    assertTrue(form.path("gain").isNull());
  }

  @Test
  void drift_ofAShapeThatTheWorkloadCannotHave_isAMistake() throws IOException {
    Place other =
        new MadeUpBundle()
            .withRows("T - 8")
            .tunedFor(16, 1)
            .timed(16, 1, 16e-6, 0, 0.01)
            .publish(Place.of(folder.resolve("other")));
    Ran ran = drift(other, "--trace", trace("T", "16", "8"));
    assertEquals(2, ran.code(), ran.err());
    String begin = "tessera: the trace " + file + " has the shape [8], which the workload cannot";
    assertTrue(ran.err().startsWith(begin), ran.err());
    assertEquals(1, ran.err().lines().count());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "T,calls | has no rows; give one that has",
        "Tokens,calls/8,1 | has no column 'T' for the shape variable T; it has 'Tokens', 'calls':"
            + " give --column COLUMN",
        "T,calls/0,1 | has '0' in column 'T' on line 2, where a whole number from 1 to"
            + " 1000000000000000 must stand; mend or remove it",
        "T,calls/8,0.5/7,0.5 | sum to 1.0 over 2 shapes, so they are no numbers of calls; name the"
            + " column of those with --count",
      })
  void drift_ofATraceThatIsNone_isAMistake(String lines, String part) throws IOException {
    Ran ran = drift(bundle, "--trace", trace(lines.split("/")));
    assertEquals(2, ran.code(), ran.out());
    assertTrue(
        ran.err().startsWith("tessera: the ") && ran.err().strip().endsWith(part), ran.err());
    assertEquals(1, ran.err().lines().count());
  }

  @Test
  void drift_withoutATrace_isAMistake() {
    assertEquals("tessera: give what production logged with --trace FILE\n", drift(bundle).err());
    Ran missing = drift(bundle, "--trace", file);
    assertEquals(2, missing.code());
    assertEquals(
        "tessera: the trace " + file + " of --trace does not exist; give a CSV or Parquet file\n",
        missing.err());
    assertEquals(
        "tessera: --column and --count are of a trace; give --trace FILE too\n",
        drift(bundle, "--column", "T").err());
  }
}
