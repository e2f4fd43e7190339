package tessera.job.spark.watch;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.logging.log4j.Level;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorAdded;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;

/** What became of a run's executors and of its master, by Spark's events and by its log. */
final class ClusterEvents extends SparkListener {
  /**
   * An executor that ended.
   *
   * @param application that it belonged to, as the master names it
   * @param id within the application
   * @param worker where it ran, as the master names it; empty where that is not known
   * @param reason as Spark puts it
   */
  record Death(String application, String id, String worker, String reason) {}

  private static final Pattern ADDED = Pattern.compile("Executor added: (\\S+) on (\\S+) .*");
  private static final Pattern ENDED =
      Pattern.compile(
          "Executor updated: (.+)/(\\S+) is now (?:EXITED|FAILED|KILLED|LOST)(?: \\((.*)\\))?");
  private static final Pattern DISCONNECTED =
      Pattern.compile("(Connection to \\S+ failed); waiting for master to reconnect.*");
  private static final Pattern KILLED =
      Pattern.compile("Application has been killed. Reason: (.*)", Pattern.DOTALL);

  private String newest = "";
  private String worker = "";
  private int deaths;
  private boolean registered;
  private Optional<Death> lastDeath = Optional.empty();
  private Optional<String> disconnected = Optional.empty();
  private Optional<String> killed = Optional.empty();
  private Optional<String> complaint = Optional.empty();

  /** Hears a line of the schedulers' log. */
  synchronized void heard(Level level, String line) {
    Matcher added = ADDED.matcher(line);
    Matcher ended = ENDED.matcher(line);
    Matcher lost = DISCONNECTED.matcher(line);
    Matcher why = KILLED.matcher(line);
    if (added.matches()) {
      newest = added.group(1);
      worker = added.group(2);
      disconnected = Optional.empty();
    } else if (ended.matches()) {
      died(ended);
    } else if (lost.matches()) {
      disconnected = Optional.of(lost.group(1));
    } else if (why.matches()) {
      killed = Optional.of(why.group(1));
    } else if (level.isMoreSpecificThan(Level.WARN)) {
      complaint = Optional.of(line);
    }
  }

  private void died(Matcher ended) {
    deaths++;
    String id = ended.group(1) + "/" + ended.group(2);
    String reason = Optional.ofNullable(ended.group(3)).orElse("no reason was given");
    lastDeath =
        Optional.of(
            new Death(ended.group(1), ended.group(2), id.equals(newest) ? worker : "", reason));
  }

  @Override
  public synchronized void onExecutorAdded(SparkListenerExecutorAdded event) {
    registered();
  }

  /** Executors are there; some come before this listens. */
  synchronized void registered() {
    registered = true;
  }

  /** Where no master tells of its executors, this does. */
  @Override
  public synchronized void onExecutorRemoved(SparkListenerExecutorRemoved event) {
    if (lastDeath.filter(death -> death.id().equals(event.executorId())).isEmpty()) {
      lastDeath = Optional.of(new Death("", event.executorId(), "", event.reason()));
    }
  }

  /** Whether an executor ever came so far that it could have worked. */
  synchronized boolean hasRegistered() {
    return registered;
  }

  /** Executors that a master started and that ended. */
  synchronized int deaths() {
    return deaths;
  }

  synchronized Optional<Death> lastDeath() {
    return lastDeath;
  }

  /** That the master is gone, while it is. */
  synchronized Optional<String> disconnected() {
    return disconnected;
  }

  /** Why the cluster ended the whole application. */
  synchronized Optional<String> killed() {
    return killed;
  }

  /** The last warning or error of what speaks with the cluster. */
  synchronized Optional<String> complaint() {
    return complaint;
  }
}
