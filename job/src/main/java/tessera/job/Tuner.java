package tessera.job;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import tessera.cost.CostModel;
import tessera.hardware.CudaTarget;
import tessera.job.records.TrialLog;
import tessera.job.search.Contest;
import tessera.job.search.EvolutionaryStrategy;
import tessera.job.search.Learner;
import tessera.job.search.Objective;
import tessera.job.search.Population;
import tessera.job.search.RandomStrategy;
import tessera.job.search.RunningBudget;
import tessera.job.search.Specialists;
import tessera.job.search.Strategy;
import tessera.job.search.TuningLoop;
import tessera.job.spark.ParquetTrialLog;
import tessera.job.spark.SparkLearner;
import tessera.measure.Trial;
import tessera.microkernel.MicroKernel;
import tessera.workload.Budget;
import tessera.workload.GemmShape;
import tessera.workload.Instance;
import tessera.workload.UserError;

/** One run from workload to published bundle: a search, a contest of its best, their delivery. */
final class Tuner {
  static final String EVOLUTIONARY = "evolutionary";
  static final String RANDOM = "random";
  static final String PER_SHAPE = "per-shape";

  /* Candidates of a round: a GPU is done with them before the next model is trained, so it takes more. */
  private static final int CPU_BATCH = 32;
  private static final int GPU_BATCH = 96;

  /** Rounds of a small budget on a GPU, so that it learns from some. */
  private static final int LEAST_ROUNDS = 4;

  private static final int LEAST_BATCH = 16;

  /** Micro-kernels of one family, schedule and tile that are timed on an instance. */
  private static final int MOST_OF_A_KIND = 2;

  /** Share of the fresh micro-kernels that a contest has however short the time. */
  private static final double LEAST_FRESH = 0.25;

  private final TuningRun run;
  private final DeliveryEffort effort;

  Tuner(TuningRun run) {
    this.run = run;
    this.effort = DeliveryEffort.of(run.settings().budget(), run.workload(), run.target());
  }

  Delivery.Result tune() {
    Contest contest =
        run.settings().strategy().equals(PER_SHAPE) ? searchEachShape() : searchJointly();
    if (contest.everyone().isEmpty()) {
      throw new UserError(
          "no candidate was right and could be timed; the trial log under "
              + run.folder().path()
              + " says why each failed");
    }
    return new Delivery(run, effort).deliver(contest);
  }

  /** One search for all instances, measuring micro-kernels on their own probes. */
  private Contest searchJointly() {
    Budget whole = run.settings().budget();
    Budget allowed = new Budget(whole.trials() - fresh(), whole.seconds());
    List<Instance> sampled = run.workload().sampled();
    Search search =
        new Search(sampled, run.folder().path(), List.of(), run.settings().threads(), allowed);
    search.run();
    return contest(search, search.leaders(effort.leaders(), MOST_OF_A_KIND));
  }

  /** Random search is a baseline, which nothing else helps. */
  private int fresh() {
    return run.settings().strategy().equals(RANDOM) ? 0 : effort.fresh();
  }

  /** The leaders on all instances, and on each those that should be the fastest on it. */
  private Contest contest(Search search, List<MicroKernel> leaders) {
    List<Instance> instances = screened();
    Objective objective =
        new Objective(run.workload(), instances, run.space(), run.settings().threads());
    Population population = new Population(run.space(), objective, run.target().peakGflops());
    population.add(search.trials);
    List<Contest.Source> sources = new ArrayList<>();
    sources.add(new Contest.Source(population, effort.specialists(), Integer.MAX_VALUE));
    if (fresh() > 0 && !leaders.isEmpty()) {
      run.progress().phase("looking for specialists of " + instances.size() + " instances");
      CostModel learned = search.learner.learn(search.trials).model();
      CostModel prior = kernel -> run.space().family(kernel).prior(kernel);
      Specialists specialists =
          new Specialists(
              run.space(),
              objective,
              kernel -> !population.hasFailed(kernel),
              run.settings().seed());
      for (CostModel model : List.of(prior, learned)) {
        sources.add(
            new Contest.Source(
                specialists.expectedBy(model), effort.specialists(), affordable(search) / 2));
      }
    }
    return Contest.of(instances, leaders, sources);
  }

  /** Of the fresh ones, those that can be built in the time that is left. */
  private int affordable(Search search) {
    double built =
        search.trials.stream().mapToDouble(trial -> 1e-9 * trial.buildNanos()).average().orElse(0);
    double each = built / run.spark().sparkContext().defaultParallelism();
    double rest =
        effort.seconds(run.workload(), run.peakGflops()) - effort.freshSeconds(run.workload());
    double left = run.settings().budget().seconds() - run.progress().elapsedSeconds() - rest;
    return (int) Math.min(fresh(), Math.max(LEAST_FRESH * fresh(), left / each));
  }

  private List<Instance> screened() {
    return effort.screened(run.workload());
  }

  /**
   * The way of a static auto-scheduler: every sampled instance is searched alone and measured on
   * itself, with the whole budget.
   */
  private Contest searchEachShape() {
    Set<MicroKernel> winners = new LinkedHashSet<>();
    List<Instance> instances = run.workload().sampled();
    Budget whole = run.settings().budget();
    for (int i = 0; i < instances.size(); i++) {
      GemmShape shape = run.workload().shape(instances.get(i).shape());
      run.progress()
          .phase("searching instance " + (i + 1) + " of " + instances.size() + ", " + shape);
      Budget share = new Budget(whole.trials(), whole.seconds() + run.progress().elapsedSeconds());
      Path folder = run.folder().path().resolve("shape-" + i);
      Search search = new Search(List.of(instances.get(i)), folder, List.of(shape), 1, share);
      search.run();
      winners.addAll(search.leaders(1, 1));
    }
    return Contest.ofAll(List.copyOf(winners), screened());
  }

  /** A search for some instances, with what it found. */
  private final class Search {
    private final Path folder;
    private final List<GemmShape> shapes;
    private final Budget allowed;
    private final Objective objective;
    private final Population population;
    private final Learner learner;
    private List<Trial> trials = List.of();

    /**
     * @param shapes what candidates are timed on; empty for their own probes
     */
    Search(
        List<Instance> instances,
        Path folder,
        List<GemmShape> shapes,
        int threads,
        Budget allowed) {
      this.folder = folder;
      this.shapes = shapes;
      this.allowed = allowed;
      this.objective = new Objective(run.workload(), instances, run.space(), threads);
      this.population = new Population(run.space(), objective, run.target().peakGflops());
      this.learner = new SparkLearner(run.spark(), run.space(), run.target().peakGflops());
    }

    void run() {
      TrialLog log =
          new ParquetTrialLog(run.spark(), folder, run.space(), run.target(), run.trialPolicy());
      List<Trial> earlier = log.read();
      Progress progress = run.progress();
      trials =
          new TuningLoop(
                  strategy(objective, population),
                  progress.watching(run.measurer(shapes)),
                  learner,
                  (round, measured, scores) -> {
                    log.append(round, measured, scores, progress.busyShare());
                    progress.round(objective.gflops(population.best()));
                  },
                  batch(allowed))
              .run(budget(allowed), earlier, log.nextRound());
    }

    List<MicroKernel> leaders(int count, int mostOfAKind) {
      return population.leaders(count, mostOfAKind);
    }
  }

  private int batch(Budget allowed) {
    return run.target() instanceof CudaTarget
        ? Math.min(GPU_BATCH, Math.max(LEAST_BATCH, allowed.trials() / LEAST_ROUNDS))
        : CPU_BATCH;
  }

  private Strategy strategy(Objective objective, Population population) {
    long seed = run.settings().seed();
    return run.settings().strategy().equals(RANDOM)
        ? new RandomStrategy(run.space(), population, seed)
        : new EvolutionaryStrategy(
            run.space(),
            objective,
            population,
            run.target() instanceof CudaTarget
                ? EvolutionaryStrategy.Breadth.WIDE
                : EvolutionaryStrategy.Breadth.NARROW,
            seed);
  }

  private RunningBudget budget(Budget allowed) {
    double reserved = effort.seconds(run.workload(), run.peakGflops());
    return new RunningBudget(allowed, reserved, run.progress()::elapsedSeconds);
  }
}
