package tessera.measure;

import java.time.Duration;

/**
 * A point in time by the clock of this process that nobody sets: what is planned by it does not
 * move where the time of day is put right. Another process is told how much time is left.
 *
 * @param nanos of System.nanoTime
 */
public record Deadline(long nanos) {
  /** In a century, so that sums do not overflow. */
  private static final long FAR = Long.MAX_VALUE / 4;

  public static final Deadline NEVER = new Deadline(System.nanoTime() + 2 * FAR);

  /** In some seconds from now; where they are negative it is over. */
  public static Deadline in(double seconds) {
    return new Deadline(System.nanoTime() + (long) Math.min(FAR, 1e9 * seconds));
  }

  public static Deadline in(Duration time) {
    return in(1e-9 * time.toNanos());
  }

  /** This one, but no sooner than in some seconds. */
  public Deadline orIn(double seconds) {
    Deadline other = in(seconds);
    return other.nanos - nanos > 0 ? other : this;
  }

  /** This one, so many seconds later. */
  public Deadline later(double seconds) {
    return in(secondsLeft() + seconds);
  }

  public boolean isOver() {
    return secondsLeft() <= 0;
  }

  /** Negative where it is over. */
  public double secondsLeft() {
    return 1e-9 * (nanos - System.nanoTime());
  }
}
