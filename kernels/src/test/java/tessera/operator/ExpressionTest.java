package tessera.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tessera.UserError;

final class ExpressionTest {
  static final String NONSENSE = "tessera.operator.ExpressionTest#nonsense";
  static final String VALUES = "tessera.operator.ExpressionTest#values";

  static Stream<Arguments> values() {
    return Stream.of(
        Arguments.of("16 * T", 112),
        Arguments.of("T + H * 2", 13),
        Arguments.of("(T + H) * 2", 20),
        Arguments.of("T - 1 - 2", 4),
        Arguments.of("100 / T / 2", 7),
        Arguments.of("(H - T) / 3", -2),
        Arguments.of("42", 42));
  }

  static Stream<String> nonsense() {
    return Stream.of(
        "",
        "16 *",
        "T T",
        "(T",
        "T)",
        "1.5",
        "T % 2",
        "-T",
        "007",
        "2T",
        "T // 2",
        "T ** 2",
        "T.real",
        "9999999999999999999",
        "16 * \u06f3",
        "\u00c4");
  }

  @ParameterizedTest
  @MethodSource(VALUES)
  void evaluate_precedenceAndAssociativity_asInArithmetic(String text, long expected) {
    assertEquals(expected, Expression.parse(text).evaluate(List.of("T", "H"), new long[] {7, 3}));
  }

  @Test
  void print_parsedAgain_hasTheSameValue() {
    String printed = Expression.parse("16 * (T + 1) - H / 2").print(name -> name);
    assertEquals(
        Expression.parse("16 * (T + 1) - H / 2").evaluate(List.of("T", "H"), new long[] {5, 9}),
        Expression.parse(printed).evaluate(List.of("T", "H"), new long[] {5, 9}));
  }

  @Test
  void variables_areThoseThatOccur() {
    assertEquals(Set.of("T", "H"), Expression.parse("T * H + T").variables());
  }

  @ParameterizedTest
  @MethodSource(NONSENSE)
  void parse_nonsense_isRefusedWithItsText(String text) {
    UserError error = assertThrows(UserError.class, () -> Expression.parse(text));
    assertEquals(true, error.getMessage().startsWith("'" + text + "' has "), error.getMessage());
  }
}
