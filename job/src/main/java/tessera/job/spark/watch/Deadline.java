package tessera.job.spark.watch;

import java.time.Duration;
import java.time.Instant;

/**
 * A point in time by the clock that nobody sets.
 *
 * @param nanos of System.nanoTime
 */
record Deadline(long nanos) {
  /** In two centuries, so that sums do not overflow. */
  private static final long FAR = Long.MAX_VALUE / 4;

  static final Deadline NEVER = new Deadline(System.nanoTime() + 2 * FAR);

  static Deadline in(double seconds) {
    return new Deadline(System.nanoTime() + (long) Math.min(FAR, 1e9 * seconds));
  }

  /** The time of day that it is now some time before. */
  static Deadline at(Instant time) {
    double millis = (double) time.toEpochMilli() - Instant.now().toEpochMilli();
    return in(1e-3 * millis);
  }

  /** This one, but no sooner than in some seconds. */
  Deadline orIn(double seconds) {
    Deadline other = in(seconds);
    return other.nanos - nanos > 0 ? other : this;
  }

  Deadline later(Duration by) {
    return new Deadline(nanos + by.toNanos());
  }

  boolean isOver() {
    return System.nanoTime() - nanos > 0;
  }
}
