package tessera.backend.simulated;

import java.util.concurrent.TimeUnit;

/** Time that a simulated device takes. */
final class Sleep {
  private Sleep() {}

  static void seconds(double seconds) throws InterruptedException {
    TimeUnit.NANOSECONDS.sleep((long) (1e9 * seconds));
  }
}
