package tessera.workload;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import tessera.UserError;
import tessera.operator.Operator;

final class OperatorsTest {
  @Test
  void of_aKeyOfAProvider_isItsOperator() {
    assertEquals(MadeUpOperators.PROJECTION, Operators.of("projection"));
    assertEquals(Operator.DENSE, Operators.of("dense"));
  }

  @Test
  void of_unknownKey_isAMistakeThatNamesThoseThatAreThere() {
    UserError error = assertThrows(UserError.class, () -> Operators.of("conv9", Operator.SHIPPED));
    assertEquals(
        "operator 'conv9' is unknown; it is one of dense, batch_matmul_nt, batch_matmul_nn, or a jar with it must be on the class path",
        error.getMessage());
  }

  @Test
  void of_aKeyThatTwoHave_isAMistake() {
    UserError error =
        assertThrows(
            UserError.class, () -> Operators.of("dense", List.of(Operator.DENSE, Operator.DENSE)));
    assertEquals(
        "operator 'dense' is on the class path 2 times; leave out the jars that have it again",
        error.getMessage());
  }
}
