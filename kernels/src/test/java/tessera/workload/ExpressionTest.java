package tessera.workload;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tessera.UserError;

final class ExpressionTest {
  @ParameterizedTest
  @CsvSource({
    "16 * T, 112",
    "T + H * 2, 13",
    "(T + H) * 2, 20",
    "T - 1 - 2, 4",
    "100 / T / 2, 7",
    "42, 42"
  })
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
  @ValueSource(
      strings = {
        "",
        "16 *",
        "T T",
        "(T",
        "T)",
        "1.5",
        "T % 2",
        "9999999999999999999",
        "16 * ۳",
        "Ä"
      })
  void parse_nonsense_isRefusedWithItsText(String text) {
    UserError error = assertThrows(UserError.class, () -> Expression.parse(text));
    assertEquals(true, error.getMessage().startsWith("'" + text + "' has "), error.getMessage());
  }
}
