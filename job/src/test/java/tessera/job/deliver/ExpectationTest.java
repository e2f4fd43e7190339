package tessera.job.deliver;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import tessera.measure.Outcome;
import tessera.trial.Lap;

final class ExpectationTest {
  private static final Lap MAIN = Lap.of(2, 0.03);

  @Test
  void took_aPair_hasNotTheSpreadOfItsFirstKernel() {
    assertEquals(new Expectation.Took(1.5, 0), Expectation.Took.of(MAIN, 1.5));
  }

  @Test
  void took_aPairWhoseFirstKernelFailedAlone_hasNoSpread() {
    Lap failed = Lap.failed(Outcome.NOISY, "too noisy");
    assertEquals(new Expectation.Took(1.5, 0), Expectation.Took.of(failed, 1.5));
  }

  @Test
  void took_noPair_isWhatTheFirstKernelTook() {
    assertEquals(new Expectation.Took(2, 0.03), Expectation.Took.of(MAIN, Double.NaN));
  }
}
