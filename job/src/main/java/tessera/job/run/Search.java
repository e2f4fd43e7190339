package tessera.job.run;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import tessera.EnvironmentFault;
import tessera.cost.CostModel;
import tessera.effort.RoundSize;
import tessera.effort.SearchTraits;
import tessera.job.predict.Objective;
import tessera.job.records.TrialLog;
import tessera.job.search.CoveringStrategy;
import tessera.job.search.EvolutionaryStrategy;
import tessera.job.search.Learner;
import tessera.job.search.Measurer;
import tessera.job.search.Population;
import tessera.job.search.RandomStrategy;
import tessera.job.search.RunningBudget;
import tessera.job.search.SearchMethod;
import tessera.job.search.Strategy;
import tessera.job.search.TuningLoop;
import tessera.job.warm.FormerCosts;
import tessera.job.warm.WarmStrategy;
import tessera.microkernel.MicroKernel;
import tessera.operator.Problem;
import tessera.storage.Place;
import tessera.trial.Trial;
import tessera.workload.Budget;
import tessera.workload.Instance;

/** A search for some instances, logged, with what it found. */
public final class Search {
  private final TuningRun run;
  private final List<Instance> instances;
  private final boolean covering;
  private final Objective objective;
  private final Population population;
  private final FormerCosts former;
  private final Learner learner;
  private final WarmNotes notes;
  private List<Trial> trials = List.of();

  /**
   * @param threads of a call
   * @param covering whether the candidates are those that should serve the instances best together,
   *     and none is learned from
   */
  private Search(TuningRun run, List<Instance> instances, int threads, boolean covering) {
    this.run = run;
    this.instances = instances;
    this.covering = covering;
    this.objective = new Objective(run.workload(), instances, run.space(), threads);
    this.population = new Population(run.space(), objective, run.target().peakGflops());
    this.former = new FormerCosts(run.warm().of(run.form()), run.space());
    this.learner = learner(run.cluster().learner(run.space(), run.target().peakGflops(), former));
    this.notes = new WarmNotes(run.progress());
  }

  /** One for all shapes. */
  public static Search joint(TuningRun run) {
    SearchMethod strategy = run.settings().strategy();
    return new Search(
        run,
        strategy.instances(run.workload(), run.effort(), run.settings().sampling()),
        run.settings().threads(),
        strategy.covers(run.effort()));
  }

  /** One for a single shape, on one thread. */
  public static Search alone(TuningRun run, Instance instance) {
    return new Search(run, List.of(instance), 1, false);
  }

  /** What is searched for. */
  public List<Instance> instances() {
    return instances;
  }

  /**
   * Goes on with what a folder has of it, until its budget ends.
   *
   * @param problems what candidates are timed on; empty for their own probes
   * @param reserved seconds that are kept back
   */
  public void run(Place folder, List<Problem> problems, Budget budget, double reserved) {
    TrialLog log =
        run.cluster()
            .trialLog(
                folder, run.workload().operator(), run.space(), run.target(), run.trialPolicy());
    List<Trial> earlier = log.read();
    Progress progress = run.progress();
    if (!earlier.isEmpty()) {
      progress.resume(earlier.size(), budget);
    }
    Measurer measurer = run.measurer(problems);
    trials =
        new TuningLoop(
                strategy(),
                measurer,
                learner,
                listener(log),
                () -> rounds(budget, measurer.devices()))
            .run(
                new RunningBudget(budget, reserved, progress::usedSeconds),
                earlier,
                log.nextRound());
  }

  private TuningLoop.Listener listener(TrialLog log) {
    Progress progress = run.progress();
    return new TuningLoop.Listener() {
      @Override
      public void begins(int round) {
        progress.begins(round);
      }

      @Override
      public void came(int round, List<Trial> came, TuningLoop.Lasted lasted) {
        refuseKilled();
        progress.add(round, came, lasted);
      }

      @Override
      public void spent(TuningLoop.Work work, double seconds) {
        progress.spent(work, seconds);
      }

      @Override
      public void measured(int round, List<Trial> measured, TuningLoop.Origin origin) {
        log.append(
            new TrialLog.Round(
                round,
                measured,
                origin.learned(),
                progress.busyShare(),
                progress.times(origin),
                seeds(measured)));
        notes.learned(origin.learned().seeding());
        double[] best = population.best();
        progress.round(objective.gflops(best), objective.meanSeconds(best));
      }
    };
  }

  /** What is killed with this process fails, which says nothing of the candidates. */
  static void refuseKilled() {
    if (Interruption.isUnderWay()) {
      throw new EnvironmentFault("the run was interrupted while it measured");
    }
  }

  /** The former runs of those that one of them measured. */
  private Map<MicroKernel, String> seeds(List<Trial> measured) {
    Map<MicroKernel, String> seeds = new HashMap<>();
    for (Trial trial : measured) {
      former.run(trial.kernel()).ifPresent(name -> seeds.put(trial.kernel(), name));
    }
    return seeds;
  }

  public List<Trial> trials() {
    return trials;
  }

  /**
   * Good micro-kernels that complete each other.
   *
   * @param mostOfAKind how many of them may be of one kind, beside those that complete each other
   * @param eligible which micro-kernels may be taken
   */
  public List<MicroKernel> leaders(int count, int mostOfAKind, Predicate<MicroKernel> eligible) {
    return population.ranking().leaders(count, mostOfAKind, eligible);
  }

  /** The cost model that all trials make. */
  public CostModel model() {
    return learner.learn(trials).model();
  }

  private RoundSize rounds(Budget budget, int devices) {
    int least = run.effort().searchRounds();
    if (covering) {
      return RoundSize.alone(budget.trials());
    }
    return former.isEmpty()
        ? traits().rounds(budget.trials(), least, devices)
        : traits().seededRounds(budget.trials(), least, devices);
  }

  private SearchTraits traits() {
    return run.hardware().searchTraits();
  }

  /**
   * One that warms up only where it has something to learn and takes no cores from what is timed.
   */
  private Learner learner(Learner learner) {
    return traits().leavesCores() && !covering ? learner : learner::learn;
  }

  private Strategy strategy() {
    long seed = run.settings().seed();
    if (run.settings().strategy() == SearchMethod.RANDOM) {
      return new RandomStrategy(run.space(), population, seed);
    }
    if (covering) {
      return new CoveringStrategy(run.space(), objective, population, seed);
    }
    return former.isEmpty()
        ? new EvolutionaryStrategy(run.space(), objective, population, traits().breadth(), seed)
        : warmStrategy(seed);
  }

  private Strategy warmStrategy(long seed) {
    int first = run.settings().budget().trials() / run.effort().searchRounds();
    return WarmStrategy.of(
        former,
        run.space(),
        objective,
        population,
        new WarmStrategy.Terms(
            traits().breadth(),
            Math.max(1, first),
            run.warm().tieBand(run.hardware().deliveryTraits(run.workload()).tolerance())),
        seed);
  }
}
