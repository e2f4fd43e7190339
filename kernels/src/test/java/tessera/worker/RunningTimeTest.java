package tessera.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class RunningTimeTest {
  private static final long MILLI = 1_000_000;

  private final AtomicLong clock = new AtomicLong(-5);
  private final RunningTime time = new RunningTime(clock::get);

  private long after(long millis) {
    clock.addAndGet(millis * MILLI);
    return time.nanos();
  }

  @Test
  void nanos_askedOften_isTheClock() {
    assertEquals(-5 + 20 * MILLI, after(20));
    assertEquals(-5 + 270 * MILLI, after(250));
  }

  @Test
  void nanos_afterAPause_isAMomentLater() {
    assertEquals(-5 + 20 * MILLI, after(20));
    assertEquals(-5 + 270 * MILLI, after(3_600_000));
    assertEquals(-5 + 290 * MILLI, after(20));
    assertEquals(-5 + 540 * MILLI, after(700));
  }
}
