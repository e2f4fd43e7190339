package tessera.job.deliver.timing;

import java.util.Optional;
import tessera.job.run.TuningRun;
import tessera.measure.Deadline;

/**
 * When the steps at the end of a run must be over, so that its bundle is published within the
 * budget. What is kept for publishing aside, each step has a share of the time that is left when it
 * begins, and what a step does not need is left to the next ones. So a step that took longer than
 * was expected, since kernels build slowly or one hung, shortens those behind it.
 */
public final class Schedule {
  /** The steps, in order, and the share that each has of what is left. */
  public enum Step {
    /** Builds what the search did not measure. */
    BUILD(0.3),
    CONTEST(0.6),
    /** The second pass of the contest. */
    AGAIN(0.4),
    DISPATCH(0.8),
    /** Times what is delivered beside the vendors' libraries. */
    REPORT(1);

    private final double share;

    Step(double share) {
      this.share = share;
    }
  }

  /**
   * The least share of a budget for the contest, and for times beside the vendors' libraries: a
   * bundle without them is of little use.
   */
  private static final double LEAST = 0.04;

  /** However small a budget, a few micro-kernels can be built and timed in that. */
  private static final double LAST_RESORT_SECONDS = 30;

  private final TuningRun run;
  private final DeliveryEffort effort;
  private final double seconds;

  /** When the last of the contests after a failed one must have begun; empty before one failed. */
  private Optional<Deadline> lastOfOthers = Optional.empty();

  /** Within the run's budget. */
  public Schedule(TuningRun run, DeliveryEffort effort) {
    this(run, effort, run.settings().budget().seconds());
  }

  /**
   * @param seconds from the run's start to its bundle
   */
  public Schedule(TuningRun run, DeliveryEffort effort, double seconds) {
    this.run = run;
    this.effort = effort;
    this.seconds = seconds;
  }

  /** When the last part of a step may begin, for a step that begins now. */
  public Deadline end(Step step) {
    double kept =
        step == Step.REPORT
            ? effort.publishSeconds()
            : effort.publishSeconds() + effort.reportSeconds(run.workload(), run.peakGflops());
    double least = step == Step.CONTEST || step == Step.REPORT ? LEAST * budget() : 0;
    return Deadline.in(Math.max(least, step.share * (secondsLeft() - kept)));
  }

  /**
   * When what nothing is delivered without must have begun: where time is over, the first contest
   * has a budget's seconds more; those after a failed one have what was left when it failed.
   */
  public Deadline lastResort() {
    return lastOfOthers.orElseGet(
        () -> Deadline.in(Math.max(LAST_RESORT_SECONDS, budget() + Math.min(0, secondsLeft()))));
  }

  /** All of a contest failed: what is left now is for all others together. */
  public void contestFailed() {
    if (lastOfOthers.isEmpty()) {
      lastOfOthers = Optional.of(Deadline.in(Math.max(LAST_RESORT_SECONDS, secondsLeft())));
    }
  }

  /** Whether no other contest may begin. */
  public boolean isOver() {
    return lastOfOthers.filter(Deadline::isOver).isPresent();
  }

  /** When the run's time ends. */
  public Deadline end() {
    return Deadline.in(secondsLeft());
  }

  public double secondsLeft() {
    return seconds - run.progress().usedSeconds();
  }

  private double budget() {
    return run.settings().budget().seconds();
  }
}
