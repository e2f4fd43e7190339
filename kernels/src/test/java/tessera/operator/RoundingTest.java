package tessera.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class RoundingTest {
  @Test
  void roundUp_anyExtent_isTheLeastMultipleThatHoldsIt() {
    SplittableRandom random = new SplittableRandom();
    for (int i = 0; i < 100; i++) {
      int unit = random.nextInt(1, 300);
      int units = random.nextInt(1, 50);
      int elements = unit * units - random.nextInt(unit);
      assertEquals(units, Rounding.divideUp(elements, unit));
      assertEquals((long) unit * units, Rounding.roundUp((long) elements, unit));
      assertEquals((double) unit * units, Rounding.roundUp((double) elements, unit));
    }
    assertEquals(0, Rounding.divideUp(0, 7));
    assertEquals(14, Rounding.roundUp(7.25, 7));
  }
}
