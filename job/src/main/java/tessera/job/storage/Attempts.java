package tessera.job.storage;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.Callable;

/** Takes a step again where storage fails for no lasting reason. */
public final class Attempts {
  private static final int MOST = 4;
  private static final int PAUSE_MILLIS = 50;

  private Attempts() {}

  /**
   * @param step that may be taken again after it failed
   */
  public static <T> T of(Callable<T> step) throws Exception {
    for (int attempt = 1; ; attempt++) {
      try {
        return step.call();
      } catch (Exception e) {
        if (attempt == MOST || !passes(e)) {
          throw e;
        }
      }
      pause(attempt);
    }
  }

  /** Spark and others wrap what the storage said. */
  private static boolean passes(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof IOException said) {
        return !Refusal.lasts(said);
      }
    }
    return false;
  }

  private static void pause(int attempt) throws InterruptedIOException {
    try {
      Thread.sleep((long) PAUSE_MILLIS << attempt);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }
}
