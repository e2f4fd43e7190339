package tessera.worker;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * A clock for limits, which goes on while this process runs. Where a signal or a suspended machine
 * stops it together with what it waits for, nobody is to blame for that time: it is asked many
 * times a second, and a longer pause counts as a moment.
 */
final class RunningTime {
  private static final long MOMENT = Duration.ofMillis(250).toNanos();

  private final LongSupplier clock;
  private long last;
  private long stopped;

  /**
   * @param clock in nanoseconds
   */
  RunningTime(LongSupplier clock) {
    this.clock = clock;
    this.last = clock.getAsLong();
  }

  long nanos() {
    long now = clock.getAsLong();
    stopped += Math.max(0, now - last - MOMENT);
    last = now;
    return now - stopped;
  }
}
