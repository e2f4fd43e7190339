package tessera.job.lock;

import tessera.storage.Place;

/** A process that takes a lock, says what came of it, and keeps the lock until it is killed. */
final class HoldingMain {
  private HoldingMain() {}

  /** The folder of the locks, and the lock's name. */
  public static void main(String[] arguments) throws InterruptedException {
    PlaceLock.Attempt attempt = PlaceLock.attempt(Place.of(arguments[0]), arguments[1]);
    System.out.println(attempt.lock().isPresent() ? "got" : "held by " + attempt.holder());
    if (attempt.lock().isPresent()) {
      Thread.sleep(600_000);
    }
  }
}
