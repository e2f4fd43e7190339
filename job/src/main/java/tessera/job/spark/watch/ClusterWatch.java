package tessera.job.spark.watch;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaRDD;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import tessera.EnvironmentFault;
import tessera.job.records.Onlooker;
import tessera.job.search.TuningLoop;
import tessera.measure.Deadline;
import tessera.trial.Trial;

/**
 * What every action of Spark goes through: it gets a name that says the step of the run and its
 * purpose, it ends when its time is over, and where there are no executors for it, it ends with the
 * reason. Nothing of a run waits for a cluster that does not come.
 */
public final class ClusterWatch implements Onlooker, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterWatch.class);

  /** A tenth of a budget may be used beyond its end; this much of it is for waiting. */
  private static final double BEYOND = 0.08;

  /** What an action has though its run's time is over: a log is to be written. */
  private static final double LEAST_SECONDS = 10;

  /** An action whose time is over goes on as long as its tasks end, one after the other in this. */
  private static final Duration TASK = Duration.ofSeconds(30);

  private static final Duration STOP = Duration.ofSeconds(20);

  /**
   * A fair scheduler gives each pool its share, and jobs of a pool run in order. Those of the pool
   * that is named "default" do not: they share it.
   */
  private static final String POOL = "spark.scheduler.pool";

  /** The pool of jobs that do not measure. */
  private static final String OWN = "tessera";

  /**
   * The pool of those that do. Of two rounds at once the first ends first, and the driver learns
   * from it while the other is measured.
   */
  private static final String MEASURING = "tessera-measuring";

  private final SparkContext context;
  private final ActionFailures failures;
  private final ActionGuard.Surroundings around;
  private final AtomicInteger actions = new AtomicInteger();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "tessera-watch");
            thread.setDaemon(true);
            return thread;
          });

  private final Stragglers stragglers = new Stragglers();
  private final RunMetrics metrics = new RunMetrics();
  private volatile Deadline end = Deadline.NEVER;

  /**
   * Starts Spark, and watches from then on.
   *
   * @param wait the longest to wait for the master, and that an action goes on without executors
   * @throws EnvironmentFault where the cluster does not answer
   */
  public static ClusterWatch start(String master, Duration wait, Callable<SparkContext> start) {
    ClusterEvents events = new ClusterEvents();
    return new ClusterWatch(SparkStart.context(master, wait, events, start), events, wait);
  }

  /**
   * @param events what was heard of the cluster since before the context was there
   * @param wait the longest that an action goes on without executors
   */
  private ClusterWatch(SparkContext context, ClusterEvents events, Duration wait) {
    this.context = context;
    Diagnosis diagnosis = new Diagnosis(context.getConf(), events);
    this.failures = new ActionFailures(context, diagnosis);
    this.around = new ActionGuard.Surroundings(context, events, diagnosis, wait, System.nanoTime());
    context.addSparkListener(events);
    context.addSparkListener(stragglers);
    context.env().metricsSystem().registerSource(metrics);
  }

  public SparkContext context() {
    return context;
  }

  /**
   * What is known of the run: its end is not exceeded by much by any action.
   *
   * @param run its name
   * @param secondsLeft until then
   * @param budgetSeconds of the whole run
   */
  public void begins(String run, double secondsLeft, double budgetSeconds) {
    mark(RunJournal.RUN, run);
    end = Deadline.in(secondsLeft + BEYOND * budgetSeconds);
  }

  /** Spark gives a task the marks of its job. */
  private void mark(String key, String value) {
    MDC.put(key, value);
    context.setLocalProperty("mdc." + key, value);
  }

  @Override
  public void enters(String next) {
    mark(RunJournal.STEP, next);
    RunJournal.enters();
  }

  @Override
  public void measured(String step, List<Trial> trials, double busyShare) {
    mark(RunJournal.STEP, step);
    metrics.measured(trials, busyShare);
    RunJournal.measured(trials);
  }

  @Override
  public void spent(TuningLoop.Work work, double seconds) {
    metrics.spent(work, seconds);
  }

  @Override
  public void waited(double seconds) {
    metrics.waited(seconds);
    end = end.later(seconds);
  }

  @Override
  public void best(double seconds) {
    metrics.best(seconds);
  }

  /**
   * Runs an action.
   *
   * @param purpose what it does, in a few words
   * @throws EnvironmentFault where the cluster is the reason that it did not end well
   */
  public <T> T run(String purpose, Callable<T> action) {
    try {
      return run(OWN, guard(purpose, end.orIn(LEAST_SECONDS), TASK), action);
    } catch (ActionGuard.TimeOver e) {
      throw new EnvironmentFault(
          "\"" + named(purpose) + "\" was not done when the run's time was over", e);
    }
  }

  /**
   * What a job came to.
   *
   * @param answers for each request its answer; empty where it has none
   * @param stragglers the ids of executors that held it up until it was ended, with the seconds
   * @param failure that ended it after some answers
   */
  public record Answered(
      List<Optional<String>> answers,
      Map<String, Double> stragglers,
      Optional<RuntimeException> failure) {}

  /**
   * The answers of a job with one request in each partition, as far as it came.
   *
   * @param until when the last request may begin: what no executor has begun then is given up
   * @param grace how long one that has begun may go on after that, or after the one before it
   * @param able the ids of executors that could do what others are slow to do, asked now and then
   */
  public Answered answers(
      String purpose,
      Deadline until,
      Duration grace,
      JavaRDD<String> requests,
      Supplier<Set<String>> able) {
    ActionGuard guard = guard(purpose, until, grace);
    Map<Integer, String> answers = new ConcurrentHashMap<>();
    int count = requests.getNumPartitions();
    Map<String, Double> held = new ConcurrentHashMap<>();
    stragglers.begins(guard.group());
    ScheduledFuture<?> looking =
        everySecond(
            () -> {
              held.putAll(stragglers.of(guard.group(), count - answers.size(), able.get()));
              if (!held.isEmpty()) {
                context.cancelJobGroup(guard.group(), guard.name() + " is held up");
              }
            });
    Optional<RuntimeException> failure = Optional.empty();
    try {
      run(MEASURING, guard, () -> Answers.collect(context, requests, answers));
    } catch (ActionGuard.TimeOver e) {
      // what came in time counts
    } catch (RuntimeException e) {
      if (answers.isEmpty() || Thread.currentThread().isInterrupted()) {
        throw e;
      }
      // so does what came before a fault; that of a job which is held up is its own end
      failure = Optional.of(e).filter(fault -> held.isEmpty());
    } finally {
      looking.cancel(false);
      stragglers.ends(guard.group());
    }
    return new Answered(
        IntStream.range(0, count).mapToObj(i -> Optional.ofNullable(answers.get(i))).toList(),
        Map.copyOf(held),
        failure);
  }

  /** Looks again though a look failed: the timer would end with it, and nothing be bounded. */
  private ScheduledFuture<?> everySecond(Runnable look) {
    return timer.scheduleWithFixedDelay(
        () -> {
          try {
            look.run();
          } catch (RuntimeException e) {
            LOG.debug("a look at the cluster failed", e);
          }
        },
        1,
        1,
        TimeUnit.SECONDS);
  }

  private ActionGuard guard(String purpose, Deadline limit, Duration grace) {
    String group = "tessera-" + actions.incrementAndGet();
    return new ActionGuard(around, named(purpose), group, limit, grace);
  }

  /** After the step that the thread was started in: of two rounds at once each has a thread. */
  private String named(String purpose) {
    String step = context.getLocalProperty("mdc." + RunJournal.STEP);
    return step == null ? purpose : step + ": " + purpose;
  }

  /** A thread that a round is measured in inherits the marks of Spark's jobs, not the log's. */
  private void inheritMarks() {
    for (String key : List.of(RunJournal.RUN, RunJournal.STEP)) {
      Optional.ofNullable(context.getLocalProperty("mdc." + key))
          .ifPresent(value -> MDC.put(key, value));
    }
  }

  private <T> T run(String pool, ActionGuard guard, Callable<T> action) {
    inheritMarks();
    context.setLocalProperty(POOL, pool);
    context.setJobGroup(guard.group(), guard.name(), true);
    context.setCallSite(guard.name());
    ScheduledFuture<?> watching = everySecond(guard);
    try {
      return action.call();
    } catch (Exception e) { // Scala declares none of those that it throws
      throw failures.explained(guard, e);
    } finally {
      watching.cancel(false);
      guard.leave();
      context.clearCallSite();
      context.clearJobGroup();
      context.setLocalProperty(POOL, null);
    }
  }

  /** Stops Spark; what does not stop soon ends with the process. */
  @Override
  public void close() {
    timer.shutdownNow();
    BoundedStop.within(STOP, "tessera-stop", () -> ConsoleLog.duringStop(context::stop));
  }
}
