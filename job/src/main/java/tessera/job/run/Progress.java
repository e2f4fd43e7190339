package tessera.job.run;

import java.io.PrintStream;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import tessera.Count;
import tessera.job.records.Onlooker;
import tessera.job.records.RunEvents;
import tessera.job.records.RunResult;
import tessera.job.records.TrialLog;
import tessera.job.search.TuningLoop;
import tessera.trial.Trial;
import tessera.workload.Budget;

/**
 * The live line: trials, best speed, how busy the device is, and the time left; and a line of its
 * own for a family of which nothing works.
 */
public final class Progress implements RunEvents {
  /** So many failures of a family and no success are no accident. */
  private static final int FAILURES = 8;

  private final PrintStream console;
  private final boolean live;
  private final Budget budget;
  private final long start;
  private final Onlooker onlooker;
  private final StepTimes steps = new StepTimes();
  private final Map<String, Integer> failures = new HashMap<>();
  private final Set<String> settled = new HashSet<>();
  private int trials;
  private int earlier;
  private int contestants;
  private double busySeconds;
  private double deviceSeconds;
  private double roundBusy = 1;
  private double measureSeconds;
  private double waitedSeconds;

  /**
   * @param live whether the console can rewrite its last line
   * @param start nanoTime of the run's start
   * @param onlooker hears the same as the console, and more
   */
  public Progress(PrintStream console, boolean live, Budget budget, long start, Onlooker onlooker) {
    this.console = console;
    this.live = live;
    this.budget = budget;
    this.start = start;
    this.onlooker = onlooker;
  }

  public double elapsedSeconds() {
    return 1e-9 * (System.nanoTime() - start);
  }

  /** Seconds of the budget that are used: waits for devices that others used are not. */
  public double usedSeconds() {
    return elapsedSeconds() - waitedSeconds();
  }

  /** Seconds in which others used its devices, as far as they are counted out of its budget. */
  public synchronized double waitedSeconds() {
    return waitedSeconds;
  }

  /** No more than another budget is counted out, so that a run ends whoever keeps its devices. */
  @Override
  public synchronized void waited(double seconds) {
    double counted = Math.min(seconds, budget.seconds() - waitedSeconds);
    waitedSeconds += counted;
    onlooker.waited(counted);
  }

  /** The share of the last measuring round in which its devices verified or timed, in the mean. */
  double busyShare() {
    return roundBusy;
  }

  public int trials() {
    return trials;
  }

  /** Trials of this run, with those from before it was resumed. */
  public int allTrials() {
    return earlier + trials;
  }

  /** Micro-kernels that were timed on real instances. */
  public int contestants() {
    return contestants;
  }

  /** Seconds spent verifying and timing candidates. */
  public double measuringSeconds() {
    return busySeconds;
  }

  public double overallBusyShare() {
    return deviceSeconds == 0 ? 0 : busySeconds / deviceSeconds;
  }

  /** What the driver spent on a part of its work. */
  void spent(TuningLoop.Work work, double seconds) {
    onlooker.spent(work, seconds);
  }

  /**
   * When the round was whose trials came last.
   *
   * @param origin of its candidates
   */
  TrialLog.Times times(TuningLoop.Origin origin) {
    double begin = 1e-9 * (origin.begin() - start);
    return new TrialLog.Times(begin, origin.learnSeconds(), measureSeconds);
  }

  /**
   * Counts the trials of a round. The devices' time is counted once where two rounds are under way:
   * a round has the time in which it was the first. What devices did for it before that can exceed
   * this time, so the share of a round is at most 1.
   */
  void add(int round, List<Trial> measured, TuningLoop.Lasted lasted) {
    double busy = measured.stream().mapToDouble(trial -> 1e-9 * trial.measuringNanos()).sum();
    double available = lasted.first() * devices(measured);
    measureSeconds = lasted.whole();
    busySeconds += busy;
    deviceSeconds += available;
    roundBusy = Math.min(1, busy / available);
    trials += measured.size();
    measured.forEach(this::watchFamily);
    onlooker.measured(name(round), measured, roundBusy);
  }

  /** How many devices measured some of them, and at least one. */
  private static long devices(List<Trial> measured) {
    return Math.max(
        1,
        measured.stream()
            .filter(trial -> trial.measuringNanos() > 0)
            .map(Trial::device)
            .distinct()
            .count());
  }

  /** Reports a family once when all its first candidates failed. */
  private void watchFamily(Trial trial) {
    String family = trial.kernel().family();
    if (settled.contains(family)) {
      return;
    }
    if (trial.isOk()) {
      settled.add(family);
    } else if (failures.merge(family, 1, Integer::sum) == FAILURES) {
      settled.add(family);
      remark(
          String.format(
              Locale.ROOT,
              "all of the first %d micro-kernels of %s failed (%s): %s",
              FAILURES,
              family,
              trial.outcome(),
              trial.message().lines().findFirst().orElse("no message")));
    }
  }

  /** A round begins, which is shown when it is finished. */
  void begins(int round) {
    steps.enter("search", elapsedSeconds());
    onlooker.enters(name(round));
  }

  private static String name(int round) {
    return "round " + round;
  }

  /** How long the steps so far took, all rounds of a search as one. */
  public List<RunResult.Step> steps() {
    return steps.until(elapsedSeconds());
  }

  /** A step that the console does not show. */
  public void step(String what) {
    steps.enter(what, elapsedSeconds());
    onlooker.enters(what);
  }

  /**
   * Says how a search goes on that was begun before.
   *
   * @param measured trials that it has
   * @param search what it may have in all
   */
  void resume(int measured, Budget search) {
    earlier += measured;
    remark(
        measured >= search.trials()
            ? "all "
                + measured
                + " trials of the search are measured: their best are timed and published again, without a search"
            : String.format(
                Locale.ROOT,
                "the search goes on from %d of %d trials, with %.0f s for it and the bundle",
                measured,
                search.trials(),
                search.seconds() - usedSeconds()));
  }

  /**
   * Shows a finished round.
   *
   * @param gflops the weighted speed over all instances, each by the best micro-kernel so far; 0
   *     while there is none
   * @param seconds the weighted mean of their times
   */
  void round(double gflops, double seconds) {
    onlooker.best(seconds);
    line(
        String.format(
            Locale.ROOT,
            "%d of %d trials, %s, device busy %.0f%%, %s",
            earlier + trials,
            budget.trials(),
            gflops > 0
                ? String.format(Locale.ROOT, "predicted weighted speed %.0f GFLOP/s", gflops)
                : "none right and steady so far",
            100 * roundBusy,
            time()));
  }

  /** Shows that so many micro-kernels are timed on real instances. */
  public void contest(int kernels) {
    contestants = kernels;
    phase("timing the best " + Count.of(kernels, "micro-kernel") + " on real instances");
  }

  public void phase(String what) {
    step(what);
    line(what + ", " + time());
  }

  private String time() {
    return String.format(Locale.ROOT, "%.0f of %.0f s", usedSeconds(), budget.seconds());
  }

  /** Rounds are measured by threads of their own, which have remarks. */
  private synchronized void line(String text) {
    if (Interruption.isUnderWay()) {
      return; // what fails now fails since the process ends, of which the user hears by itself
    }
    if (live) {
      console.print("\r\033[K" + text);
      console.flush();
    } else {
      console.println(text);
    }
  }

  /** A line that stays. */
  @Override
  public synchronized void remark(String text) {
    line(text);
    end();
  }

  public synchronized void end() {
    if (live && !Interruption.isUnderWay()) {
      console.println();
    }
  }
}
