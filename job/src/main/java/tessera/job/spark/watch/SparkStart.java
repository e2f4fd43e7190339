package tessera.job.spark.watch;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.spark.SparkContext;
import tessera.EnvironmentFault;
import tessera.job.spark.tables.SparkFailures;

/** Starts Spark on a cluster, and gives up where that does not answer. */
final class SparkStart {
  /** For Spark's own classes and services, beside the wait for its cluster. */
  private static final Duration OWN = Duration.ofSeconds(30);

  private SparkStart() {}

  /**
   * @param events hear what Spark logs meanwhile
   */
  static SparkContext context(
      String master, Duration wait, ClusterEvents events, Callable<SparkContext> start) {
    SchedulerLog.listen(events::heard);
    Masters.await(master, wait, line -> System.err.println(line));
    CompletableFuture<SparkContext> context = new CompletableFuture<>();
    Thread starting = new Thread(() -> complete(context, start), "tessera-start");
    starting.setDaemon(true);
    starting.start();
    try {
      return context.get(wait.plus(OWN).toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new EnvironmentFault(
          master
              + " did not take the run within "
              + wait.plus(OWN).toSeconds()
              + " s"
              + events.complaint().map(line -> ": " + line).orElse("")
              + "; see whether the port is the master's and not that of its page",
          e);
    } catch (ExecutionException e) {
      String reason = events.killed().orElseGet(() -> SparkFailures.reason(e.getCause()));
      throw new EnvironmentFault("Spark could not start on " + master + ": " + reason, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EnvironmentFault("the start of Spark was interrupted", e);
    }
  }

  private static void complete(
      CompletableFuture<SparkContext> context, Callable<SparkContext> start) {
    try {
      context.complete(start.call());
    } catch (Throwable e) { // whatever it is, it is told to who waits
      context.completeExceptionally(e);
    }
  }
}
