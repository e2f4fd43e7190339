package tessera.analysis.drift;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tessera.analysis.figures.Drift;
import tessera.workload.trace.Trace;

/** Classes of shapes, the distance of distributions, and how sure figures are. */
final class DriftStatisticsTest {
  private static final double THRESHOLD = 0.1;
  private static final int SEEDS = 20;

  /** 1 to 128, all alike. */
  private static Map<List<Long>, Double> uniform() {
    Map<List<Long>, Double> shares = new HashMap<>();
    for (long t = 1; t <= 128; t++) {
      shares.put(List.of(t), 1.0 / 128);
    }
    return shares;
  }

  private static Trace trace(int calls, int seed, LongUnaryOperator length) {
    SplittableRandom random = new SplittableRandom(seed);
    Map<List<Long>, Double> counts = new TreeMap<>((a, b) -> Long.compare(a.get(0), b.get(0)));
    for (int call = 0; call < calls; call++) {
      counts.merge(List.of(length.applyAsLong(random.nextLong(128))), 1.0, Double::sum);
    }
    return Trace.of(List.of("T"), counts);
  }

  private static Distance distance(Map<List<Long>, Double> tuned, Trace trace) {
    Map<List<Long>, Double> called = Classes.shares(trace.counts());
    Classes classes = Classes.of(tuned, called);
    return Distance.of(classes.sums(tuned), classes.sums(called), trace.calls());
  }

  @ParameterizedTest
  @ValueSource(ints = {20, 50, 100, 1000, 20_000})
  void distance_ofCallsThatHaveNotMoved_isNoDrift(int calls) {
    for (int seed = 0; seed < SEEDS; seed++) {
      Distance distance = distance(uniform(), trace(calls, seed, u -> 1 + u));
      assertFalse(distance.exceeds(THRESHOLD), calls + " calls, seed " + seed + ": " + distance);
    }
  }

  /** Half as long: the true distance is nearly a half. */
  @ParameterizedTest
  @ValueSource(ints = {100, 1000, 20_000})
  void distance_ofCallsThatHaveMoved_isDrift(int calls) {
    for (int seed = 0; seed < SEEDS; seed++) {
      Distance distance = distance(uniform(), trace(calls, seed, u -> 1 + u / 2));
      assertTrue(distance.exceeds(THRESHOLD), calls + " calls, seed " + seed + ": " + distance);
    }
  }

  /** By 5%, which no length of the trace makes more than the threshold. */
  @Test
  void distance_ofCallsThatHaveMovedLittle_isNoDriftThoughItIsSure() {
    Distance distance =
        distance(uniform(), trace(1_000_000, 1, u -> u < 122 ? 1 + u : 65 + (u & 7)));
    assertFalse(distance.exceeds(THRESHOLD), distance.toString());
    assertTrue(distance.estimate().low() > distance.noise(), distance.toString());
  }

  /** Of 0 to 127, all alike: shorter lengths more often than longer ones. */
  private static long shorter(long uniform) {
    return 1 + uniform * uniform / 128;
  }

  @Test
  void distance_interval_holdsTheTruthInMostCases() {
    Map<List<Long>, Double> tuned = uniform();
    Map<List<Long>, Double> moved = new HashMap<>();
    tuned.forEach(
        (shape, share) -> moved.merge(List.of(shorter(shape.get(0) - 1)), share, Double::sum));
    Classes classes = Classes.of(tuned, moved);
    double truth = Distance.between(classes.sums(tuned), classes.sums(moved));
    int held = 0;
    for (int seed = 0; seed < 5 * SEEDS; seed++) {
      Drift.Estimate estimate =
          distance(tuned, trace(300, seed, DriftStatisticsTest::shorter)).estimate();
      held += estimate.low() <= truth && truth <= estimate.high() ? 1 : 0;
    }
    assertTrue(held >= 4.5 * SEEDS, held + " of " + 5 * SEEDS + " intervals hold " + truth);
  }

  @Test
  void distance_ofTenMillionCalls_takesAsLongAsOfTen() {
    Map<List<Long>, Double> counts = new HashMap<>();
    uniform().forEach((shape, share) -> counts.put(shape, share * 1e10));
    Distance distance = distance(uniform(), Trace.of(List.of("T"), counts));
    assertEquals(0, distance.estimate().value(), 1e-12);
    assertTrue(distance.noise() < 1e-4, distance.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "1, 0, 1, 1",
    "2, 0, 2, 2",
    "3, 0, 3, 3",
    "5, 0, 4, 5",
    "128, 0, 128, 191",
    "191, 0, 128, 191",
    "192, 0, 192, 255",
    "1000000000000000, 0, 844424930131968, 1125899906842623",
    "191, 1, 128, 255",
    "191, 2, 64, 255",
    "1, 7, 1, 9223372036854775807",
  })
  void classes_ofAValue_haveTheseEnds(long value, int rounding, long from, long to) {
    assertEquals(from, Classes.least(value, rounding));
    assertEquals(to, Classes.greatest(from, rounding));
  }

  @Test
  void classes_ofManyShapes_areCoarser() {
    Map<List<Long>, Double> many = new HashMap<>();
    for (int a = 0; a < 20; a++) {
      for (int b = 0; b < 20; b++) {
        for (int c = 0; c < 20; c++) {
          many.put(List.of(1L << a, 1L << b, 3L << c), 1.0);
        }
      }
    }
    Classes classes = Classes.of(many, Map.of(List.of(1L, 1L, 1L), 5.0));
    assertTrue(classes.count() <= 2000, classes.count() + " classes");
    double sum = 0;
    for (double share : classes.sums(many)) {
      sum += share;
    }
    assertEquals(8000, sum);
  }

  @Test
  void outside_ofFewCalls_isWilsonsInterval() {
    Map<List<Long>, Double> tuned = Map.of(List.of(4L), 0.5, List.of(9L), 0.5);
    Trace none = Trace.of(List.of("T"), Map.of(List.of(5L), 10.0));
    Drift.Estimate never = Outside.of(tuned, none).calls(none);
    assertEquals(0, never.value());
    assertEquals(0, never.low());
    assertEquals(0.2775, never.high(), 1e-4);
    Trace some =
        Trace.of(List.of("T"), Map.of(List.of(4L), 17.0, List.of(3L), 1.0, List.of(10L), 2.0));
    Drift.Estimate three = Outside.of(tuned, some).calls(some);
    assertEquals(0.15, three.value(), 1e-12);
    assertEquals(0.0524, three.low(), 1e-4);
    assertEquals(0.3604, three.high(), 1e-4);
    assertEquals(List.of(new Drift.Range("T", 4, 9, 3, 10)), Outside.of(tuned, some).ranges());
  }

  /** Two shapes; the present kernel is 0, and another is twice as fast on the second shape. */
  private static Gain.Times times(double first, double second) {
    return new Gain.Times(
        new double[] {first, second},
        new double[] {1, 4},
        new int[] {0, 0},
        new double[][] {{1, 3}, {4, 2}});
  }

  @Test
  void gain_withCertainTimes_isTheRatioOverThatOfTheTunedShapes() {
    double[] certain = {0, 0};
    Drift.Estimate gain = new Gain(times(1, 0), times(0.5, 0.5), certain).estimate(1e8);
    assertEquals(2.5 / 1.5, gain.value(), 1e-12);
    assertEquals(gain.value(), gain.low(), 1e-3);
    assertEquals(gain.value(), gain.high(), 1e-3);
    assertEquals(
        new Drift.Estimate(1, 1, 1), new Gain(times(0.5, 0.5), times(1, 0), certain).estimate(1e8));
    assertEquals(
        1, new Gain(times(0.5, 0.5), times(0.5, 0.5), certain).estimate(1e8).value(), 1e-12);
  }

  @Test
  void gain_withFewCallsOrUncertainTimes_isLessSure() {
    Drift.Estimate sure = new Gain(times(1, 0), times(0.5, 0.5), new double[] {0, 0}).estimate(1e4);
    Drift.Estimate few = new Gain(times(1, 0), times(0.5, 0.5), new double[] {0, 0}).estimate(10);
    Drift.Estimate vague =
        new Gain(times(1, 0), times(0.5, 0.5), new double[] {0.2, 0.2}).estimate(1e4);
    assertTrue(few.high() - few.low() > 5 * (sure.high() - sure.low()), few + " " + sure);
    assertTrue(vague.high() - vague.low() > 5 * (sure.high() - sure.low()), vague + " " + sure);
    assertTrue(few.low() <= sure.value() && sure.value() <= few.high(), few.toString());
  }
}
