package tessera.job.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tessera.job.Tessera;

/** {@code inspect} of a run's folder. */
final class InspectRunTest {
  private static final Path FORMER = Path.of("src/test/resources/former/cuda-run");
  private static final String ROUNDS =
      "round  trials  ok  busy  held out  Spearman  of the prior  top-8 recall";

  @TempDir private Path folder;

  private static List<String> inspect(Path run) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = System.out;
    try (PrintStream said = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
      System.setOut(said);
      assertEquals(0, Tessera.execute("inspect", run.toString()));
    } finally {
      System.setOut(out);
    }
    return bytes.toString(StandardCharsets.UTF_8).lines().toList();
  }

  /** Settings of the former run with another strategy. */
  private void settings(String strategy) throws IOException {
    String former = Files.readString(FORMER.resolve("run.json"));
    Files.writeString(folder.resolve("run.json"), former.replace("evolutionary", strategy));
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }

  @Test
  void run_ofAnEarlierVersion_statesItsEffortAndRounds() {
    List<String> said = inspect(FORMER);
    assertEquals(
        List.of(
            "run        cuda-run, evolutionary, seed 1",
            "effort     full (1000 trials, 105 s)",
            "target     NVIDIA H200, peak 40848 GFLOP/s"),
        said.subList(0, 3));
    assertEquals(ROUNDS, said.get(said.size() - 2));
    assertEquals(
        "    0      96  94   64%        35     0.984         0.928          1.00",
        said.get(said.size() - 1));
  }

  @Test
  void score_ofTooFewThatWereHeldOut_isNone() {
    assertEquals("-", InspectCommand.score(1, 2, "%.3f", 0));
    assertEquals("-0.500", InspectCommand.score(2, 2, "%.3f", -0.5));
  }

  /** As a disk leaves a file that lost its end, or all of it, or has other content. */
  @ParameterizedTest
  @CsvSource({
    "trials, 3000, /part",
    "trials, 0, /part",
    "trials, -1, ''",
    "rounds, 300, /part",
    "rounds, 5, /part"
  })
  void run_withADamagedFile_isAMistakeThatNamesIt(String table, long bytes, String end)
      throws IOException {
    Path run = folder.resolve("a run");
    copy(FORMER, run);
    Path round = run.resolve(table).resolve("round=0000");
    Path file = part(round);
    if (bytes < 0) {
      Path other = part(run.resolve("rounds").resolve("round=0000"));
      Files.copy(other, file, StandardCopyOption.REPLACE_EXISTING);
    } else {
      Files.write(file, Arrays.copyOf(Files.readAllBytes(file), (int) bytes));
    }
    ByteArrayOutputStream bytesSaid = new ByteArrayOutputStream();
    PrintStream err = System.err;
    try (PrintStream said = new PrintStream(bytesSaid, true, StandardCharsets.UTF_8)) {
      System.setErr(said);
      assertEquals(2, Tessera.execute("inspect", run.toString()));
    } finally {
      System.setErr(err);
    }
    String named = (end.isEmpty() ? round : file).toString();
    assertEquals(
        "tessera: "
            + named
            + " is damaged; remove the folder of its round, and tune --resume goes on from the round before\n",
        bytesSaid.toString(StandardCharsets.UTF_8));
  }

  private static Path part(Path round) throws IOException {
    try (Stream<Path> files = Files.list(round)) {
      return files.filter(file -> file.toString().endsWith(".parquet")).findFirst().orElseThrow();
    }
  }

  @Test
  void run_withoutAFinishedRound_saysSo() throws IOException {
    settings("random");
    List<String> said = inspect(folder);
    assertEquals("no round is finished", said.get(said.size() - 1));
  }

  @Test
  void run_ofEachShapeAlone_hasTheRoundsOfEachSearch() throws IOException {
    settings("per-shape");
    copy(FORMER, folder.resolve("shape-0"));
    Files.createDirectory(folder.resolve("shape-1"));
    List<String> said = inspect(folder);
    assertEquals("search     shape-0", said.get(3));
    assertEquals(
        List.of("search     shape-1", "no round is finished"),
        said.subList(said.size() - 2, said.size()));
    assertEquals(ROUNDS, said.get(said.size() - 4));
  }
}
