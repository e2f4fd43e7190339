package tessera.job.spark.tables;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

final class RunFiguresTest {
  /** In microseconds. */
  private static String words(long[]... periods) {
    return RunFigures.Occupation.of("gpu", List.of(periods)).words();
  }

  @Test
  void words_ofADevice_countTrialsAndOverlaps() {
    long[] first = {0, 2_000_000};
    long[] second = {1_000_000, 3_000_000};
    long[] third = {2_500_000, 4_000_000};
    long[] apart = {5_000_000, 6_000_000};
    assertEquals(
        "device     gpu measured 1 trial, for 2.0 of 2.0 s, never two at once", words(first));
    assertEquals(
        "device     gpu measured 2 trials, for 3.0 of 6.0 s, never two at once",
        words(apart, first));
    assertEquals(
        "device     gpu measured 2 trials, for 4.0 of 3.0 s, once two at once",
        words(first, second));
    assertEquals(
        "device     gpu measured 3 trials, for 5.5 of 4.0 s, 2 times two at once",
        words(third, second, first));
  }
}
