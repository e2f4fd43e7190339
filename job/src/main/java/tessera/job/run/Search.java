package tessera.job.run;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.cost.CostModel;
import tessera.job.predict.Objective;
import tessera.job.records.TrialLog;
import tessera.job.search.CoveringStrategy;
import tessera.job.search.EvolutionaryStrategy;
import tessera.job.search.Learner;
import tessera.job.search.Population;
import tessera.job.search.RandomStrategy;
import tessera.job.search.RunningBudget;
import tessera.job.search.SearchMethod;
import tessera.job.search.Strategy;
import tessera.job.search.TuningLoop;
import tessera.microkernel.MicroKernel;
import tessera.operator.GemmShape;
import tessera.trial.Trial;
import tessera.workload.Budget;
import tessera.workload.Instance;

/** A search for some instances, logged, with what it found. */
public final class Search {
  /* Candidates of a round: a GPU is done with them before the next model is trained, so it takes more. */
  private static final int CPU_BATCH = 32;
  private static final int GPU_BATCH = 96;

  /** Rounds of a small budget on a GPU, so that it learns from some. */
  private static final int LEAST_ROUNDS = 4;

  private static final int LEAST_BATCH = 16;

  /** Budgets that leave a GPU's search no time to train a model between rounds. */
  private static final double SHORT_SECONDS = 75;

  /** Instances that the candidates of a quick search are to cover. */
  private static final int COVERED = 80;

  private final TuningRun run;
  private final List<Instance> instances;
  private final boolean covering;
  private final Objective objective;
  private final Population population;
  private final Learner learner;
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
    this.learner = run.cluster().learner(run.space(), run.target().peakGflops());
  }

  /** One for all shapes. */
  public static Search joint(TuningRun run) {
    boolean covering =
        run.target() instanceof CudaTarget
            && run.settings().strategy() != SearchMethod.RANDOM
            && run.settings().budget().trials() <= Budget.Effort.QUICK.budget().trials();
    return new Search(
        run,
        covering ? run.workload().sampledTowardsShort(COVERED) : run.workload().sampled(),
        run.settings().threads(),
        covering);
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
   * @param shapes what candidates are timed on; empty for their own probes
   * @param reserved seconds that are kept back
   */
  public void run(Path folder, List<GemmShape> shapes, Budget budget, double reserved) {
    TrialLog log = run.cluster().trialLog(folder, run.space(), run.target(), run.trialPolicy());
    List<Trial> earlier = log.read();
    Progress progress = run.progress();
    trials =
        new TuningLoop(
                strategy(),
                progress.watching(run.measurer(shapes)),
                learner,
                (round, measured, scores) -> {
                  log.append(round, measured, scores, progress.busyShare());
                  progress.round(objective.gflops(population.best()));
                },
                batch(budget))
            .run(
                new RunningBudget(budget, reserved, progress::elapsedSeconds),
                earlier,
                log.nextRound());
  }

  public List<Trial> trials() {
    return trials;
  }

  /**
   * @param eligible of which they are
   */
  public List<MicroKernel> leaders(int count, int mostOfAKind, Predicate<MicroKernel> eligible) {
    return population.ranking().leaders(count, mostOfAKind, eligible);
  }

  /** The cost model that all trials make. */
  public CostModel model() {
    return learner.learn(trials).model();
  }

  private boolean isOnGpu() {
    return run.target() instanceof CudaTarget;
  }

  private int batch(Budget budget) {
    if (covering) {
      return budget.trials();
    }
    int rounds = budget.seconds() < SHORT_SECONDS ? 1 : LEAST_ROUNDS;
    return isOnGpu()
        ? Math.min(GPU_BATCH, Math.max(LEAST_BATCH, budget.trials() / rounds))
        : CPU_BATCH;
  }

  private Strategy strategy() {
    long seed = run.settings().seed();
    if (run.settings().strategy() == SearchMethod.RANDOM) {
      return new RandomStrategy(run.space(), population, seed);
    }
    return covering
        ? new CoveringStrategy(run.space(), objective, population, seed)
        : new EvolutionaryStrategy(
            run.space(),
            objective,
            population,
            isOnGpu() ? EvolutionaryStrategy.Breadth.WIDE : EvolutionaryStrategy.Breadth.NARROW,
            seed);
  }
}
