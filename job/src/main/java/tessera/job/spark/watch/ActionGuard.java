package tessera.job.spark.watch;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkStageInfo;
import org.apache.spark.SparkStatusTracker;
import scala.jdk.javaapi.OptionConverters;
import tessera.EnvironmentFault;
import tessera.measure.Deadline;

/** Looks at one action every second, and cancels it when there is no more hope for it. */
final class ActionGuard implements Runnable {
  /** Ends a job whose time is over; what it did is not lost. */
  static final class TimeOver extends RuntimeException {
    TimeOver(String name) {
      super(name + " was given up: its time is over");
    }
  }

  /**
   * What all actions of a process have in common.
   *
   * @param most the longest that one goes on without executors
   * @param born nanoTime at which executors were asked for
   */
  record Surroundings(
      SparkContext context, ClusterEvents events, Diagnosis diagnosis, Duration most, long born) {
    boolean lacksExecutors() {
      // Spark counts the driver too
      return !context.isLocal() && context.statusTracker().getExecutorInfos().length <= 1;
    }
  }

  /** An action is not given up while the driver works between two jobs of it. */
  private static final Duration BETWEEN_JOBS = Duration.ofSeconds(5);

  /** An executor that is lost may be replaced by then, though the action's time is over. */
  private static final Duration REPLACEMENT = Duration.ofSeconds(10);

  /** So many executors that die before they can work are no accident. */
  private static final int MANY = 8;

  /** Looks after which an action that was cancelled is interrupted: it may be cleaning up. */
  private static final int PATIENT_LOOKS = 5;

  private final Surroundings around;
  private final String name;
  private final String group;
  private final Deadline limit;
  private final Duration grace;
  private final Thread caller = Thread.currentThread();

  /** NanoTime at which a task ended, and how many had ended then. */
  private long moved = System.nanoTime();

  private int finished;

  /** NanoTime at which there were executors. */
  private long seen;

  private boolean left;
  private int insisted;
  private volatile Optional<RuntimeException> verdict = Optional.empty();

  /**
   * @param name what people read of it
   * @param group its name for Spark
   * @param limit when it is given up unless its tasks go on to end
   * @param grace the longest from the end of one of them to the next, after that
   */
  ActionGuard(Surroundings around, String name, String group, Deadline limit, Duration grace) {
    this.around = around;
    this.name = name;
    this.group = group;
    this.limit = limit;
    this.grace = grace;
    this.seen = around.events.hasRegistered() ? System.nanoTime() : around.born;
  }

  String name() {
    return name;
  }

  String group() {
    return group;
  }

  /** Why the action was cancelled. */
  Optional<RuntimeException> verdict() {
    return verdict;
  }

  @Override
  public void run() {
    if (verdict.isPresent()) {
      insist();
      return;
    }
    verdict = around.lacksExecutors() ? missing() : late();
    if (verdict.isPresent()) {
      around.context.cancelJobGroupAndFutureJobs(group, name + " is given up");
    }
  }

  /** There are no executors, and it is no use to wait for more. */
  private Optional<RuntimeException> missing() {
    Duration without = since(seen);
    boolean hopeless = around.events.deaths() >= MANY && !around.events.hasRegistered();
    Duration most = hopeless ? around.most.dividedBy(3) : around.most;
    boolean late = limit.isOver() && without.compareTo(REPLACEMENT) >= 0;
    return without.compareTo(most) >= 0 || late
        ? Optional.of(new EnvironmentFault(around.diagnosis.ofNone(without.toSeconds())))
        : Optional.empty();
  }

  /** Its time is over, and none of its tasks ends any more. */
  private Optional<RuntimeException> late() {
    seen = System.nanoTime();
    around.events.registered();
    List<SparkStageInfo> stages = stages();
    int ended = stages.stream().mapToInt(s -> s.numCompletedTasks() + s.numFailedTasks()).sum();
    if (ended != finished) {
      finished = ended;
      moved = System.nanoTime();
    }
    boolean running = stages.stream().anyMatch(stage -> stage.numActiveTasks() > 0);
    return limit.isOver() && since(moved).compareTo(running ? grace : BETWEEN_JOBS) >= 0
        ? Optional.of(new TimeOver(name))
        : Optional.empty();
  }

  private List<SparkStageInfo> stages() {
    SparkStatusTracker tracker = around.context.statusTracker();
    return Arrays.stream(tracker.getJobIdsForGroup(group))
        .mapToObj(tracker::getJobInfo)
        .flatMap(job -> OptionConverters.toJava(job).stream())
        .flatMapToInt(job -> Arrays.stream(job.stageIds()))
        .mapToObj(tracker::getStageInfo)
        .flatMap(stage -> OptionConverters.toJava(stage).stream())
        .toList();
  }

  private static Duration since(long nanos) {
    return Duration.ofNanos(System.nanoTime() - nanos);
  }

  /** Interrupts what does not listen to Spark. */
  private synchronized void insist() {
    if (!left && ++insisted == PATIENT_LOOKS) {
      caller.interrupt();
    }
  }

  /** The action has ended. */
  synchronized void leave() {
    left = true;
    if (insisted >= PATIENT_LOOKS) {
      Thread.interrupted();
    }
  }
}
