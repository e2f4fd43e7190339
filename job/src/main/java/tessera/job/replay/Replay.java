package tessera.job.replay;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tessera.UserError;
import tessera.backend.Hardware;
import tessera.effort.RoundSize;
import tessera.job.predict.MeasuredCost;
import tessera.job.predict.Objective;
import tessera.job.search.EvolutionaryStrategy;
import tessera.job.search.Learner;
import tessera.job.search.Measurer;
import tessera.job.search.Population;
import tessera.job.search.RandomStrategy;
import tessera.job.search.RunningBudget;
import tessera.job.search.Strategy;
import tessera.job.search.TuningLoop;
import tessera.job.warm.FormerCosts;
import tessera.job.warm.WarmStart;
import tessera.job.warm.WarmStrategy;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.trial.Trial;
import tessera.workload.Budget;
import tessera.workload.Workload;

/**
 * The search of a run once more, without a device: the space is what its log has trials of, and a
 * candidate ends as it did then. Strategies can so be compared in seconds, each under the same
 * conditions. What no run has tried, no replay knows: a log of a random search is the fairest
 * judge, and one of an evolution has more good candidates than the whole space.
 */
public final class Replay {
  /** A limit of time that no replay comes near: its clock stands still. */
  private static final double SECONDS = 1;

  /**
   * What a search knows after some trials.
   *
   * @param trials so far
   * @param seconds that building, verifying and timing them took when they were recorded
   * @param share of the speed that the best micro-kernels of the whole log reach together, the
   *     weighted mean over all instances, in [0, 1]
   */
  public record Step(int trials, double seconds, double share) {}

  private final Map<MicroKernel, Trial> log = new LinkedHashMap<>();
  private final Hardware hardware;
  private final SearchSpace space;
  private final Objective objective;

  /**
   * @param hardware that the log was measured on, as its run's target tells it
   * @param workload that was tuned
   * @param threads of a call
   * @param log of the run, with at least one trial that is OK
   */
  public Replay(Hardware hardware, Workload workload, int threads, List<Trial> log) {
    if (log.stream().noneMatch(Trial::isOk)) {
      throw new UserError("no trial of the log is OK, so there is nothing to replay; give another");
    }
    log.forEach(trial -> this.log.putIfAbsent(trial.kernel(), trial));
    this.hardware = hardware;
    this.space = hardware.space(workload).among(this.log.keySet());
    this.objective = new Objective(workload, workload.sampled(), space, threads);
  }

  /** Where a strategy draws its candidates from: the micro-kernels of the log. */
  public SearchSpace space() {
    return space;
  }

  /** What a search is for: all sampled instances of the workload. */
  public Objective objective() {
    return objective;
  }

  /** How many micro-kernels there are. */
  public int size() {
    return log.size();
  }

  /** An empty one, for a strategy that keeps what was measured. */
  public Population population() {
    return new Population(space, objective, hardware.target().peakGflops());
  }

  /** The strategy of {@code tune}, as it is without options. */
  public Strategy evolutionary(long seed) {
    return new EvolutionaryStrategy(
        space, objective, population(), hardware.searchTraits().breadth(), seed);
  }

  /** What former runs measured, of the micro-kernels of the log or those most like them. */
  public FormerCosts former(WarmStart start) {
    return new FormerCosts(start, space);
  }

  /**
   * The strategy of {@code tune --warm-from}.
   *
   * @param former of this replay
   * @param anchors former micro-kernels that are measured first, at most
   */
  public Strategy warm(FormerCosts former, int anchors, long seed) {
    return WarmStrategy.of(
        former,
        space,
        objective,
        population(),
        new WarmStrategy.Terms(hardware.searchTraits().breadth(), anchors, 0),
        seed);
  }

  /** The strategy of {@code tune --strategy random}. */
  public Strategy random(long seed) {
    return new RandomStrategy(space, population(), seed);
  }

  /** One that learns nothing: every model is the analytic prior. */
  public Learner prior() {
    return trials ->
        new Learner.Learned(
            kernel -> space.family(kernel).prior(kernel), new Learner.Scores(0, 0, 0, 0));
  }

  /**
   * Searches, and says how far it came with each trial.
   *
   * @param strategy a new one, since it remembers what it has proposed
   * @param batch candidates of a round
   * @param trials after which it ends
   */
  public List<Step> run(Strategy strategy, Learner learner, int batch, int trials) {
    return steps(
        new TuningLoop(
                strategy,
                measurer(),
                learner,
                (round, measured, scores) -> {},
                () -> RoundSize.alone(batch))
            .run(new RunningBudget(new Budget(trials, SECONDS), 0, () -> 0), List.of(), 0));
  }

  private Measurer measurer() {
    Set<MicroKernel> asked = new HashSet<>();
    return (candidates, until) -> candidates.stream().map(kernel -> answer(kernel, asked)).toList();
  }

  private Trial answer(MicroKernel kernel, Set<MicroKernel> asked) {
    if (!log.containsKey(kernel)) {
      throw new UserError(
          "the strategy proposed "
              + kernel.key()
              + ", of which the log has no trial; draw candidates from the replay's space");
    }
    if (!asked.add(kernel)) {
      throw new UserError(
          "the strategy proposed "
              + kernel.key()
              + " twice; ask Population.isNew before it is proposed");
    }
    return log.get(kernel);
  }

  /** How far some trials of the log came, in their order. */
  public List<Step> steps(List<Trial> trials) {
    double[] most = best(log.values().stream().toList());
    double[] best = objective.unknown();
    double seconds = 0;
    List<Step> steps = new ArrayList<>();
    for (Trial trial : trials) {
      seconds += 1e-9 * (trial.buildNanos() + trial.measuringNanos());
      best = least(best, seconds(trial));
      steps.add(new Step(steps.size() + 1, seconds, objective.withBest(most, best)));
    }
    return steps;
  }

  private double[] best(List<Trial> trials) {
    return trials.stream().map(this::seconds).reduce(objective.unknown(), Replay::least);
  }

  /** On each instance; without end for a trial that failed. */
  private double[] seconds(Trial trial) {
    if (!trial.isOk()) {
      return objective.unknown();
    }
    MicroKernel kernel = trial.kernel();
    return objective.seconds(
        kernel, MeasuredCost.of(space.family(kernel), trial, hardware.target().peakGflops()));
  }

  private static double[] least(double[] a, double[] b) {
    double[] least = a.clone();
    Arrays.setAll(least, i -> Math.min(a[i], b[i]));
    return least;
  }
}
