package tessera.job.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tessera.Python;

/** The shapes of {@code scripts/bench_cuda.py}, which needs neither a GPU nor PyTorch for these. */
final class BenchShapesTest {
  private static final Path SCRIPTS = Path.of("../scripts").toAbsolutePath().normalize();

  private static String printed(String expression) throws IOException, InterruptedException {
    Python.Ended ended =
        Python.run(
            List.of(
                "-c",
                "import sys\nsys.path.insert(0, '"
                    + SCRIPTS
                    + "')\nimport bench_shapes\nprint("
                    + expression
                    + ")"));
    assertEquals(0, ended.code(), ended.output());
    return ended.output().strip();
  }

  private static String refusal(String... options) throws IOException, InterruptedException {
    List<String> arguments =
        new ArrayList<>(List.of(SCRIPTS.resolve("bench_cuda.py").toString(), "--bundle", "none"));
    arguments.addAll(List.of(options));
    Python.Ended ended = Python.run(arguments);
    assertEquals(2, ended.code(), ended.output());
    return ended.output().strip();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[1, 64, 127, 128], 12 | [131, 139, 148, 157, 167, 178, 189, 201, 214, 227, 241, 256]",
        "[8, 64, 128], 4 | [136, 168, 208, 256]",
        "[1, 2, 3], 12 | [4, 5, 6]",
        "[128], 3 | [131, 183, 256]",
        "[1, 2, 2048], 1 | [2089]"
      })
  void beyond_are1Point02To2TimesTheEnd_inSteps(String given, String expected)
      throws IOException, InterruptedException {
    assertEquals(expected, printed("bench_shapes.beyond(" + given + ")"));
  }

  @Test
  void tuned_leavesOutWhatHasNoWeight() throws IOException, InterruptedException {
    String expected = "{'shape': [9], 'weight': 0.5}, {'shape': [131], 'weight': 0}";
    assertEquals(
        "[(1,), (9,)]",
        printed(
            "bench_shapes.tuned({(1,): 0.5, (256,): 0.0}, {'schemaVersion': 6, 'expected': ["
                + expected
                + "]})"));
    assertEquals(
        "[(1,), (9,)]",
        printed(
            "bench_shapes.tuned({(1,): 0.5}, {'schemaVersion': 5, 'expected': [{'shape': [9]}]})"));
  }

  @Test
  void beyond_besideValuesOrNone_isAMistake() throws IOException, InterruptedException {
    String mistake =
        "bench: --beyond takes a number from 1 and no --values beside it; leave one of the two out";
    assertEquals(mistake, refusal("--beyond", "--values", "3"));
    assertEquals(mistake, refusal("--beyond", "0"));
  }
}
