package tessera.job.spark;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.spark.sql.SparkSession;

/** A session that starts while something else is done. */
public final class StartingSession implements AutoCloseable {
  private final CompletableFuture<SparkSession> started = new CompletableFuture<>();

  public StartingSession() {
    // a thread of its own, which has the class loader of this one, as spark-submit sets it
    new Thread(this::start, "spark-start").start();
  }

  private void start() {
    try {
      started.complete(Sessions.start());
    } catch (RuntimeException | Error e) {
      started.completeExceptionally(e);
    }
  }

  /** Waits until it has started; throws what kept it from that. */
  public SparkSession get() {
    try {
      return started.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** Waits too, so that nothing is left half started. */
  @Override
  public void close() {
    started.handle((session, failure) -> session).thenAccept(StartingSession::stop).join();
  }

  private static void stop(SparkSession session) {
    if (session != null) {
      session.stop();
    }
  }
}
