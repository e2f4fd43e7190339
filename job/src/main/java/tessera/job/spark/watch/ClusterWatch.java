package tessera.job.spark.watch;

import java.time.Duration;
import java.util.Arrays;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaRDD;
import org.slf4j.MDC;
import tessera.EnvironmentFault;
import tessera.job.records.Onlooker;
import tessera.measure.Deadline;
import tessera.trial.Trial;

/**
 * What every action of Spark goes through: it gets a name that says the step of the run and its
 * purpose, it ends when its time is over, and where there are no executors for it, it ends with the
 * reason. Nothing of a run waits for a cluster that does not come.
 */
public final class ClusterWatch implements Onlooker, AutoCloseable {
  /** A tenth of a budget may be used beyond its end; this much of it is for waiting. */
  private static final double BEYOND = 0.08;

  /** What an action has though its run's time is over: a log is to be written. */
  private static final double LEAST_SECONDS = 10;

  private static final Duration STOP = Duration.ofSeconds(20);

  /** So many executors that die before they can work are no accident. */
  private static final int MANY = 8;

  /** Looks after which an action that was cancelled is interrupted: it may be cleaning up. */
  private static final int PATIENT_LOOKS = 5;

  private static final Pattern LOST_EXECUTOR =
      Pattern.compile("ExecutorLostFailure \\(executor (\\S+) .*?\\) Reason: ([^\\n]*)");

  private final SparkContext context;
  private final Duration wait;
  private final ClusterEvents events;
  private final Diagnosis diagnosis;
  private final boolean local;
  private final long born = System.nanoTime();
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
  private volatile String step = "";

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
    this.wait = wait;
    this.events = events;
    this.diagnosis = new Diagnosis(context.getConf(), events);
    this.local = context.isLocal();
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
    step = next;
    mark(RunJournal.STEP, next);
    RunJournal.enters();
  }

  @Override
  public void measured(List<Trial> trials, double busyShare) {
    metrics.measured(trials, busyShare);
    RunJournal.measured(trials);
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
    Deadline limit = end.orIn(LEAST_SECONDS);
    try {
      return run(new Guard(named(purpose), limit, limit), action);
    } catch (TimeOver e) {
      throw new EnvironmentFault(
          "\"" + named(purpose) + "\" was not done when the run's time was over", e);
    }
  }

  /**
   * What a job came to.
   *
   * @param answers for each request its answer; empty where it has none
   * @param stragglers the ids of executors that held it up until it was ended, with the seconds
   */
  public record Answered(List<Optional<String>> answers, Map<String, Double> stragglers) {}

  /**
   * The answers of a job with one request in each partition, as far as it came.
   *
   * @param until when the last request may begin: what no executor has begun then is given up
   * @param grace how long a request that has begun may go on after that
   * @param able the ids of executors that could do what others are slow to do, asked now and then
   */
  public Answered answers(
      String purpose,
      Deadline until,
      Duration grace,
      JavaRDD<String> requests,
      Supplier<Set<String>> able) {
    Deadline soft = until.orIn(1);
    Guard guard =
        new Guard(named(purpose), soft, Deadline.in(soft.secondsLeft() + 1e-9 * grace.toNanos()));
    Map<Integer, String> answers = new ConcurrentHashMap<>();
    int count = requests.getNumPartitions();
    Map<String, Double> held = new ConcurrentHashMap<>();
    stragglers.begins();
    ScheduledFuture<?> looking =
        timer.scheduleWithFixedDelay(
            () -> {
              held.putAll(stragglers.of(count - answers.size(), able.get()));
              if (!held.isEmpty()) {
                context.cancelJobGroup(guard.group, guard.name + " is held up");
              }
            },
            1,
            1,
            TimeUnit.SECONDS);
    try {
      run(guard, () -> Answers.collect(context, requests, answers));
    } catch (TimeOver e) {
      // what came in time counts
    } catch (RuntimeException e) {
      if (answers.isEmpty()) {
        throw e;
      }
      // so does what came before a fault, of which whoever asks next hears if it lasts
    } finally {
      looking.cancel(false);
    }
    return new Answered(
        IntStream.range(0, count).mapToObj(i -> Optional.ofNullable(answers.get(i))).toList(),
        Map.copyOf(held));
  }

  private String named(String purpose) {
    return step.isEmpty() ? purpose : step + ": " + purpose;
  }

  private <T> T run(Guard guard, Callable<T> action) {
    context.setJobGroup(guard.group, guard.name, true);
    context.setCallSite(guard.name);
    ScheduledFuture<?> watching = timer.scheduleWithFixedDelay(guard, 1, 1, TimeUnit.SECONDS);
    try {
      return action.call();
    } catch (Exception e) { // Scala declares none of those that it throws
      throw explained(guard, e);
    } finally {
      watching.cancel(false);
      guard.leave();
      context.clearCallSite();
      context.clearJobGroup();
    }
  }

  private RuntimeException explained(Guard guard, Exception failure) {
    Optional<RuntimeException> known =
        guard.verdict.or(() -> stopped(guard)).or(() -> lostExecutor(guard, failure));
    known.ifPresent(verdict -> verdict.addSuppressed(failure));
    return known.orElseGet(
        () ->
            failure instanceof RuntimeException unchecked
                ? unchecked
                : new IllegalStateException(failure));
  }

  private Optional<RuntimeException> stopped(Guard guard) {
    return context.isStopped()
        ? Optional.of(
            new EnvironmentFault(
                "Spark ended the run in \"" + guard.name + "\": " + diagnosis.ofStop()))
        : Optional.empty();
  }

  /** A job that failed since each executor that it was given to died. */
  private Optional<RuntimeException> lostExecutor(Guard guard, Exception failure) {
    Matcher lost = LOST_EXECUTOR.matcher(String.valueOf(failure.getMessage()));
    return lost.find()
        ? Optional.of(
            new EnvironmentFault(
                "executors died of \""
                    + guard.name
                    + "\": "
                    + diagnosis.ofDeath(lost.group(1), lost.group(2))))
        : Optional.empty();
  }

  /** Ends a job whose time is over; what it did is not lost. */
  private static final class TimeOver extends RuntimeException {
    TimeOver(String name) {
      super(name + " was given up: its time is over");
    }
  }

  /** Looks at one action every second, and cancels it when there is no more hope for it. */
  private final class Guard implements Runnable {
    private final String name;
    private final String group = "tessera-" + actions.incrementAndGet();
    private final Deadline idle;
    private final Deadline last;
    private final Thread caller = Thread.currentThread();
    private long seen = events.hasRegistered() ? System.nanoTime() : born;
    private boolean left;
    private int insisted;
    private volatile Optional<RuntimeException> verdict = Optional.empty();

    /**
     * @param idle when an action that nothing is done of is given up
     * @param last when any is
     */
    Guard(String name, Deadline idle, Deadline last) {
      this.name = name;
      this.idle = idle;
      this.last = last;
    }

    @Override
    public void run() {
      if (verdict.isPresent()) {
        insist();
        return;
      }
      verdict = missing().or(this::late);
      if (verdict.isPresent()) {
        context.cancelJobGroupAndFutureJobs(group, name + " is given up");
      }
    }

    /** An executor less than the driver, which Spark counts as one. */
    private int executors() {
      return context.statusTracker().getExecutorInfos().length - 1;
    }

    /** There are no executors, and it is no use to wait for more. */
    private Optional<RuntimeException> missing() {
      if (local || executors() > 0) {
        seen = System.nanoTime();
        return Optional.empty();
      }
      Duration without = Duration.ofNanos(System.nanoTime() - seen);
      boolean hopeless = events.deaths() >= MANY && !events.hasRegistered();
      Duration most = hopeless ? wait.dividedBy(3) : wait;
      return without.compareTo(most) >= 0 || last.isOver()
          ? Optional.of(new EnvironmentFault(diagnosis.ofNone(without.toSeconds())))
          : Optional.empty();
    }

    private Optional<RuntimeException> late() {
      return last.isOver() || idle.isOver() && running() == 0
          ? Optional.of(new TimeOver(name))
          : Optional.empty();
    }

    private int running() {
      return Arrays.stream(context.statusTracker().getActiveStageIds())
          .mapToObj(id -> context.statusTracker().getStageInfo(id))
          .mapToInt(stage -> stage.isDefined() ? stage.get().numActiveTasks() : 0)
          .sum();
    }

    /** Interrupts what does not listen to Spark. */
    private synchronized void insist() {
      if (!left && ++insisted == PATIENT_LOOKS) {
        caller.interrupt();
      }
    }

    private synchronized void leave() {
      left = true;
      if (verdict.isPresent()) {
        Thread.interrupted();
      }
    }
  }

  /** Stops Spark; what does not stop soon ends with the process. */
  @Override
  public void close() {
    timer.shutdownNow();
    Thread stopping = new Thread(context::stop, "tessera-stop");
    stopping.setDaemon(true);
    stopping.start();
    try {
      stopping.join(STOP.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
