package tessera.job.spark.watch;

import java.time.Duration;

/** Stops parts of Spark; what does not stop soon ends with the process. */
public final class BoundedStop {
  private BoundedStop() {}

  /**
   * Waits for an action in a thread of its own.
   *
   * @param most the longest to wait; an interrupt ends the wait too, and is kept
   * @param name of the thread
   */
  public static void within(Duration most, String name, Runnable stop) {
    Thread stopping = new Thread(stop, name);
    stopping.setDaemon(true);
    stopping.start();
    try {
      stopping.join(most.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
