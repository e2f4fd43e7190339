package tessera.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tessera.Python;

/** The expressions of a bundle's Python module, held to those of Java. */
final class PythonExpressionTest {
  private static final List<String> PROGRAM =
      List.of(
          "import sys",
          "sys.path.insert(0, sys.argv[1])",
          "import tessera",
          "try:",
          "    print(tessera.evaluate(sys.argv[2], {'T': 7, 'H': 3}))",
          "except ValueError as error:",
          "    print(error)");

  @ParameterizedTest
  @MethodSource(ExpressionTest.VALUES)
  void evaluate_precedenceAndAssociativity_asInJava(String text, long expected) throws Exception {
    assertEquals(Long.toString(expected), evaluated(text));
  }

  @ParameterizedTest
  @MethodSource(ExpressionTest.NONSENSE)
  void evaluate_nonsense_isRefusedWithItsText(String text) throws Exception {
    String answer = evaluated(text);
    assertTrue(answer.startsWith("'" + text + "' has "), answer);
  }

  private static String evaluated(String text) throws Exception {
    Python.Ended ended =
        Python.run(List.of("-c", String.join("\n", PROGRAM), folder().toString(), text));
    assertEquals(0, ended.code(), ended.output());
    return ended.output().strip();
  }

  private static Path folder() throws URISyntaxException {
    return Path.of(
            Objects.requireNonNull(
                    PythonExpressionTest.class.getResource("/tessera/runtime/tessera.py"))
                .toURI())
        .getParent();
  }
}
