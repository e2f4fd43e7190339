package tessera.cost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class FitsTest {
  private record Two(double one, int other) {}

  private static Fits of(Map<String, Fit.Constant> constants) {
    Fit fit =
        new Fit("tiles", "a device", "2026-01-02", "3 times", "0.1", "a family", "none", constants);
    return new Fits("a device", "", Map.of("two", fit));
  }

  @Test
  void fit_isReadAsARecord() {
    Fits fits =
        of(Map.of("one", new Fit.Constant(1.5, "seconds"), "other", new Fit.Constant(2, "steps")));
    assertEquals(new Two(1.5, 2), fits.fit("two", Two.class));
    assertThrows(IllegalArgumentException.class, () -> fits.fit("three", Two.class));
  }

  @Test
  void fit_withAConstantTooFewOrTooMany_isRefused() {
    Fit.Constant constant = new Fit.Constant(1, "seconds");
    Fits few = of(Map.of("one", constant));
    assertThrows(IllegalArgumentException.class, () -> few.fit("two", Two.class));
    Fits many = of(Map.of("one", constant, "other", constant, "third", constant));
    assertThrows(IllegalArgumentException.class, () -> many.fit("two", Two.class));
  }

  /** Every fit has its source, and every constant its unit. */
  @Test
  void files_nameTheirSources() {
    for (String path :
        List.of(
            "/tessera/backend/cuda/priors/h200.json", "/tessera/backend/cpu/priors/x86-64.json")) {
      Fits.read(path).fits().forEach((name, fit) -> assertWhole(path + " " + name, fit));
    }
  }

  private static void assertWhole(String where, Fit fit) {
    for (String text :
        List.of(
            fit.describes(),
            fit.measuredOn(),
            fit.data(),
            fit.logError(),
            fit.heldTo(),
            fit.check())) {
      assertFalse(text.isBlank(), where);
    }
    assertTrue(fit.date().matches("20\\d\\d-\\d\\d-\\d\\d"), where);
    assertTrue(fit.logError().matches("unknown|0\\.\\d+"), where);
    assertFalse(fit.constants().isEmpty(), where);
    fit.constants().forEach((name, constant) -> assertFalse(constant.unit().isBlank(), where));
  }
}
