package tessera.job.warm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

final class RecalibrationTest {
  private final long seed = new Random().nextLong();
  private final SplittableRandom random = new SplittableRandom(seed);

  /**
   * Anchors at ratios all over.
   *
   * @param difference by the logarithm of the ratio
   */
  private List<Recalibration.Anchor> anchors(
      String family, int count, DoubleUnaryOperator difference) {
    List<Recalibration.Anchor> anchors = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      double logRatio = -6 + 5 * random.nextDouble();
      anchors.add(new Recalibration.Anchor(family, logRatio, difference.applyAsDouble(logRatio)));
    }
    return anchors;
  }

  @Test
  void of_oneFactor_isFoundWhateverAFewDisturbedTimingsSay() {
    List<Recalibration.Anchor> anchors = anchors("a", 9, ratio -> Math.log(1.3));
    anchors.addAll(anchors("a", 3, ratio -> Math.log(5)));
    Recalibration fit = Recalibration.of(anchors);
    assertEquals(1.3, fit.factors().get("a"), 1e-12);
    assertEquals(Math.log(1.3), fit.at("a", 0.01), 1e-12);
    assertEquals(12, fit.anchors());
  }

  @Test
  void of_twoFamilies_hasAFactorForEachThatHasEnoughAnchors() {
    List<Recalibration.Anchor> anchors = anchors("a", 9, ratio -> Math.log(2));
    anchors.addAll(anchors("b", 5, ratio -> Math.log(3)));
    anchors.addAll(anchors("c", 2, ratio -> Math.log(9)));
    Recalibration fit = Recalibration.of(anchors);
    assertEquals(Math.log(2), fit.at("a", 0.1), 1e-12);
    assertEquals(Math.log(3), fit.at("b", 0.1), 1e-12);
    double all = fit.at("a family that nothing was measured of", 0.1);
    assertEquals(all, fit.at("c", 0.1), 1e-12);
    assertEquals(all, Math.log(fit.factors().get("c")), 1e-12);
  }

  @Test
  void of_slowerMemory_earnsAnExponent() {
    Recalibration fit = Recalibration.of(anchors("a", 12, logRatio -> 0.2 + 0.3 * (logRatio + 4)));
    for (double logRatio : new double[] {-6, -4, -1.5}) {
      assertEquals(0.2 + 0.3 * (logRatio + 4), fit.at("a", Math.exp(logRatio)), 1e-9);
    }
    assertEquals(0, fit.deviation(), 1e-9);
  }

  @Test
  void of_timingsThatOnlyVary_earnNoExponent() {
    List<Recalibration.Anchor> anchors = new ArrayList<>();
    for (int i = 0; i < 12; i++) { // the same on both ends
      anchors.add(new Recalibration.Anchor("a", i % 2 == 0 ? -5 : -2, i % 4 < 2 ? 0.1 : 0.2));
    }
    Recalibration fit = Recalibration.of(anchors);
    assertEquals(fit.at("a", Math.exp(-6)), fit.at("a", Math.exp(-1)), 1e-12);
    assertTrue(fit.deviation() > 0.04, fit.deviation() + "");
  }

  @Test
  void of_nothing_changesNothing() {
    assertEquals(0, Recalibration.of(List.of()).at("a", 0.3));
    assertEquals(Map.of(), Recalibration.of(List.of()).factors());
  }
}
