package tessera.job;

import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import tessera.hardware.CudaTarget;
import tessera.job.records.TrialLog;
import tessera.job.search.EvolutionaryStrategy;
import tessera.job.search.Objective;
import tessera.job.search.Population;
import tessera.job.search.RandomStrategy;
import tessera.job.search.RunningBudget;
import tessera.job.search.Strategy;
import tessera.job.search.TuningLoop;
import tessera.job.spark.ParquetTrialLog;
import tessera.job.spark.SparkLearner;
import tessera.measure.Trial;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.workload.Budget;
import tessera.workload.GemmShape;
import tessera.workload.Instance;
import tessera.workload.UserError;

/** One run from workload to published bundle: a search for leaders, and their delivery. */
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

  /** Leaders of one family, orientation and tile that are re-measured. */
  private static final int MOST_OF_A_KIND = 2;

  private final TuningRun run;
  private final DeliveryEffort effort;

  Tuner(TuningRun run) {
    this.run = run;
    this.effort =
        DeliveryEffort.of(run.settings().budget(), run.workload().variables().size(), run.target());
  }

  Delivery.Result tune() {
    List<MicroKernel> leaders =
        run.settings().strategy().equals(PER_SHAPE) ? searchEachShape() : searchJointly();
    if (leaders.isEmpty()) {
      throw new UserError(
          "no candidate was right and could be timed; the trial log under "
              + run.folder().path()
              + " says why each failed");
    }
    return new Delivery(run, effort).deliver(leaders);
  }

  /** One search for all instances, measuring micro-kernels on their own probes. */
  private List<MicroKernel> searchJointly() {
    Population population =
        search(
            run.workload().sampled(),
            run.folder().path(),
            List.of(),
            run.settings().threads(),
            run.settings().budget());
    return population.leaders(effort.leaders(), MOST_OF_A_KIND);
  }

  /**
   * The way of a static auto-scheduler: every sampled instance is searched alone and measured on
   * itself, with the whole budget.
   */
  private List<MicroKernel> searchEachShape() {
    Set<MicroKernel> winners = new LinkedHashSet<>();
    List<Instance> instances = run.workload().sampled();
    Budget whole = run.settings().budget();
    for (int i = 0; i < instances.size(); i++) {
      GemmShape shape = run.workload().shape(instances.get(i).shape());
      run.progress()
          .phase("searching instance " + (i + 1) + " of " + instances.size() + ", " + shape);
      Budget share = new Budget(whole.trials(), whole.seconds() + run.progress().elapsedSeconds());
      Path folder = run.folder().path().resolve("shape-" + i);
      winners.addAll(
          search(List.of(instances.get(i)), folder, List.of(shape), 1, share).leaders(1, 1));
    }
    return List.copyOf(winners);
  }

  private Population search(
      List<Instance> instances, Path folder, List<GemmShape> shapes, int threads, Budget allowed) {
    SearchSpace space = run.space();
    double peak = run.target().peakGflops();
    Objective objective = new Objective(run.workload(), instances, space, threads);
    Population population = new Population(space, objective, peak);
    TrialLog log = new ParquetTrialLog(run.spark(), folder, space, run.target(), run.trialPolicy());
    List<Trial> earlier = log.read();
    Progress progress = run.progress();
    new TuningLoop(
            strategy(space, objective, population),
            progress.watching(run.measurer(shapes)),
            new SparkLearner(run.spark(), space, peak),
            (round, trials, scores) -> {
              log.append(round, trials, scores, progress.busyShare());
              progress.round(objective.gflops(population.best()));
            },
            batch(allowed))
        .run(budget(allowed), earlier, log.nextRound());
    return population;
  }

  private int batch(Budget allowed) {
    return run.target() instanceof CudaTarget
        ? Math.min(GPU_BATCH, Math.max(LEAST_BATCH, allowed.trials() / LEAST_ROUNDS))
        : CPU_BATCH;
  }

  private Strategy strategy(SearchSpace space, Objective objective, Population population) {
    long seed = run.settings().seed();
    return run.settings().strategy().equals(RANDOM)
        ? new RandomStrategy(space, population, seed)
        : new EvolutionaryStrategy(
            space,
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
