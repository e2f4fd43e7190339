package tessera.job;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import tessera.backend.cpu.CpuBackend;
import tessera.backend.cpu.CpuLibrary;
import tessera.cost.Adaptation;
import tessera.dispatch.DecisionTree;
import tessera.dispatch.Regret;
import tessera.hardware.Target;
import tessera.job.records.RunFolder;
import tessera.job.records.TrialLog;
import tessera.job.search.EvolutionaryStrategy;
import tessera.job.search.InstanceTimer;
import tessera.job.search.Objective;
import tessera.job.search.Population;
import tessera.job.search.Portfolio;
import tessera.job.search.RandomStrategy;
import tessera.job.search.RunningBudget;
import tessera.job.search.Strategy;
import tessera.job.search.TuningLoop;
import tessera.job.spark.ParquetTrialLog;
import tessera.job.spark.SparkDispatch;
import tessera.job.spark.SparkLearner;
import tessera.job.spark.SparkMeasurer;
import tessera.job.spark.TimingsTable;
import tessera.measure.TimingPolicy;
import tessera.measure.Trial;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.microkernel.Tiling;
import tessera.runtime.Bundle;
import tessera.runtime.BundleManifest;
import tessera.runtime.BundleWriter;
import tessera.runtime.Json;
import tessera.workload.Budget;
import tessera.workload.GemmShape;
import tessera.workload.Instance;
import tessera.workload.UserError;
import tessera.workload.Workload;
import tessera.workload.WorkloadSpec;

/**
 * One run from workload to published bundle.
 *
 * <pre>
 *   search ──> leaders ──re-measure──> portfolio ──re-measure──> dispatch ──> bundle
 * </pre>
 */
final class Tuner {
  static final String EVOLUTIONARY = "evolutionary";
  static final String RANDOM = "random";
  static final String PER_SHAPE = "per-shape";

  private static final int BATCH = 24;
  private static final double PORTFOLIO_TOLERANCE = 0.01;

  private final SparkSession spark;
  private final CpuBackend backend;
  private final Workload workload;
  private final RunFolder.Settings settings;
  private final RunFolder run;
  private final Path out;
  private final Progress progress;
  private final Effort effort;
  private final SearchSpace space;
  private final Target target;

  /**
   * How much the end of a run measures.
   *
   * @param leaders micro-kernels that are re-measured to choose the portfolio from
   * @param screened instances on which they are
   * @param dispatching instances that the dispatcher is trained on
   * @param reported instances that are timed beside the vendors' libraries
   */
  private record Effort(int leaders, int screened, int rounds, int dispatching, int reported) {
    static Effort of(int trials) {
      if (trials <= Budget.Effort.QUICK.budget().trials()) {
        return new Effort(6, 5, 3, 10, 6);
      }
      return trials <= Budget.Effort.STANDARD.budget().trials()
          ? new Effort(10, 6, 3, 20, 10)
          : new Effort(12, 8, 4, 32, 14);
    }
  }

  /** What a run delivers. */
  record Result(Path bundle, BundleManifest manifest, Regret heldOut) {}

  Tuner(
      SparkSession spark,
      CpuBackend backend,
      Workload workload,
      RunFolder.Settings settings,
      RunFolder run,
      Path out,
      Progress progress) {
    this.spark = spark;
    this.backend = backend;
    this.workload = workload;
    this.settings = settings;
    this.run = run;
    this.out = out;
    this.progress = progress;
    this.effort = Effort.of(settings.budget().trials());
    this.target = settings.target();
    this.space = backend.space(workload);
  }

  Result tune() {
    List<MicroKernel> leaders =
        settings.strategy().equals(PER_SHAPE) ? searchEachShape() : searchJointly();
    if (leaders.isEmpty()) {
      throw new UserError(
          "no candidate was right and could be timed; the trial log under "
              + run.path()
              + " says why each failed");
    }
    SparkMeasurer measurer = measurer(List.of());
    progress.phase("re-measuring the best " + leaders.size() + " on real instances");
    List<MicroKernel> portfolio = portfolio(measurer, leaders);
    progress.phase("measuring " + portfolio.size() + " micro-kernels for dispatch");
    Delivery delivery = dispatch(measurer, portfolio);
    BundleManifest manifest = manifest(delivery);
    Path published = new BundleWriter(out.resolve("bundles")).publish(manifest, files(delivery));
    return new Result(published, Bundle.open(published).manifest(), delivery.heldOut);
  }

  private SparkMeasurer measurer(List<GemmShape> shapes) {
    JavaSparkContext context = new JavaSparkContext(spark.sparkContext());
    return new SparkMeasurer(
        context, workload, target, TimingPolicy.trial(), shapes, settings.seed());
  }

  /** One search for all instances, measuring micro-kernels on their own probes. */
  private List<MicroKernel> searchJointly() {
    Population population =
        search(workload.sampled(), run.path(), List.of(), settings.threads(), settings.budget());
    return population.leaders(effort.leaders());
  }

  /**
   * The way of a static auto-scheduler: every sampled instance is searched alone and measured on
   * itself, with the whole budget.
   */
  private List<MicroKernel> searchEachShape() {
    Set<MicroKernel> winners = new LinkedHashSet<>();
    List<Instance> instances = workload.sampled();
    for (int i = 0; i < instances.size(); i++) {
      GemmShape shape = workload.shape(instances.get(i).shape());
      progress.phase("searching instance " + (i + 1) + " of " + instances.size() + ", " + shape);
      Budget share =
          new Budget(
              settings.budget().trials(), settings.budget().seconds() + progress.elapsedSeconds());
      Path folder = run.path().resolve("shape-" + i);
      winners.addAll(
          search(List.of(instances.get(i)), folder, List.of(shape), 1, share).leaders(1));
    }
    return List.copyOf(winners);
  }

  private Population search(
      List<Instance> instances, Path folder, List<GemmShape> shapes, int threads, Budget allowed) {
    Objective objective = new Objective(workload, instances, space, threads);
    Population population = new Population(space, objective, target.peakGflops());
    Strategy strategy =
        settings.strategy().equals(RANDOM)
            ? new RandomStrategy(space, population, settings.seed())
            : new EvolutionaryStrategy(space, objective, population, settings.seed());
    TrialLog log = new ParquetTrialLog(spark, folder, space, target, TimingPolicy.trial());
    List<Trial> earlier = log.read();
    RunningBudget budget = new RunningBudget(allowed, reservedSeconds(), progress::elapsedSeconds);
    new TuningLoop(
            strategy,
            progress.watching(measurer(shapes)),
            new SparkLearner(spark, space, target.peakGflops()),
            (round, trials, scores) -> log.append(round, trials, scores, progress.busyShare()),
            BATCH)
        .run(budget, earlier, log.nextRound());
    return population;
  }

  /**
   * What re-measuring and publishing will take, from the work of the instances at 0.8 of a core's
   * peak.
   */
  private double reservedSeconds() {
    double mean =
        workload.sampled().stream()
                .mapToDouble(i -> workload.shape(i.shape()).flops())
                .average()
                .orElseThrow()
            / (0.8e9 * target.peakGflops());
    double block = Math.max(2 * mean, mean + 0.012);
    int blocks =
        effort.leaders() * effort.screened() + 3 * effort.dispatching() + 4 * effort.reported();
    return 8 + effort.rounds() * (blocks * block + 4 * effort.reported() * 0.05);
  }

  private TimingPolicy comparison(int threads) {
    return TimingPolicy.comparison(effort.rounds(), threads);
  }

  private List<MicroKernel> portfolio(InstanceTimer timer, List<MicroKernel> leaders) {
    List<Instance> instances = workload.sampled(effort.screened());
    double[][] seconds = onInstances(timer, leaders, instances);
    double[] weights = instances.stream().mapToDouble(Instance::weight).toArray();
    return Portfolio.smallest(seconds, weights, PORTFOLIO_TOLERANCE).stream()
        .map(leaders::get)
        .toList();
  }

  /**
   * Seconds of [kernel][instance]: measured on one core, which is quiet, and adapted to all threads
   * by their wave efficiency, which is arithmetic.
   */
  private double[][] onInstances(
      InstanceTimer timer, List<MicroKernel> kernels, List<Instance> instances) {
    List<GemmShape> shapes = shapes(instances);
    double[][] seconds = timer.time(kernels, shapes, comparison(1), false).seconds();
    for (int kernel = 0; kernel < kernels.size(); kernel++) {
      Tiling tiling = space.family(kernels.get(kernel)).tiling(kernels.get(kernel));
      for (int i = 0; i < shapes.size(); i++) {
        Adaptation adaptation = Adaptation.of(tiling, shapes.get(i), settings.threads());
        seconds[kernel][i] /= adaptation.waveEfficiency() * settings.threads();
      }
    }
    return seconds;
  }

  private List<GemmShape> shapes(List<Instance> instances) {
    return instances.stream().map(instance -> workload.shape(instance.shape())).toList();
  }

  /** What is published, with what it was seen to do. */
  private record Delivery(
      List<MicroKernel> kernels,
      DecisionTree tree,
      byte[] timings,
      Regret heldOut,
      List<BundleManifest.Expected> expected,
      String vendors) {}

  private Delivery dispatch(InstanceTimer timer, List<MicroKernel> portfolio) {
    List<Instance> instances = workload.sampled(effort.dispatching());
    double[][] seconds = onInstances(timer, portfolio, instances);
    Regret heldOut = heldOut(instances, seconds);
    DecisionTree tree = SparkDispatch.train(spark, instances, seconds);
    progress.phase("timing beside the vendors' libraries");
    return expected(
        timer, portfolio, tree, TimingsTable.parquet(spark, instances, seconds), heldOut);
  }

  /** Times the dispatched kernels as they will be called, beside the vendors. */
  private Delivery expected(
      InstanceTimer timer,
      List<MicroKernel> portfolio,
      DecisionTree tree,
      byte[] timings,
      Regret heldOut) {
    List<Instance> instances = workload.sampled(effort.reported());
    InstanceTimer.Times times =
        timer.time(portfolio, shapes(instances), comparison(settings.threads()), true);
    List<BundleManifest.Expected> expected = new ArrayList<>();
    for (int i = 0; i < instances.size(); i++) {
      Instance instance = instances.get(i);
      int kernel = tree.select(instance.shape());
      double vendor = Double.POSITIVE_INFINITY;
      double[] own = new double[portfolio.size()];
      for (int function = 0; function < times.seconds().length; function++) {
        double seconds = times.seconds()[function][i];
        if (function < own.length) {
          own[function] = seconds;
        } else {
          vendor = Math.min(vendor, seconds);
        }
      }
      expected.add(
          new BundleManifest.Expected(
              instance.values(),
              settings.threads(),
              kernel,
              own[kernel],
              1e-9 * workload.shape(instance.shape()).flops() / own[kernel],
              Double.isFinite(vendor) ? vendor : 0,
              Regret.at(own, kernel)));
    }
    return new Delivery(
        portfolio, tree, timings, heldOut, expected, String.join(" or ", times.vendors()));
  }

  /**
   * Every other instance is held out to measure regret; the tree that is delivered has seen them
   * all.
   */
  private Regret heldOut(List<Instance> instances, double[][] seconds) {
    int[] even =
        IntStream.range(0, instances.size())
            .filter(i -> i % 2 == 0 || i == instances.size() - 1)
            .toArray();
    int[] odd = IntStream.range(0, instances.size() - 1).filter(i -> i % 2 == 1).toArray();
    DecisionTree tree = SparkDispatch.train(spark, pick(instances, even), pick(seconds, even));
    List<Instance> held = pick(instances, odd);
    return Regret.of(
        transpose(pick(seconds, odd)),
        held.stream().mapToInt(i -> tree.select(i.shape())).toArray(),
        held.stream().mapToDouble(Instance::weight).toArray());
  }

  private static <T> List<T> pick(List<T> all, int[] indices) {
    return Arrays.stream(indices).mapToObj(all::get).toList();
  }

  private static double[][] pick(double[][] seconds, int[] indices) {
    return Arrays.stream(seconds)
        .map(kernel -> Arrays.stream(indices).mapToDouble(i -> kernel[i]).toArray())
        .toArray(double[][]::new);
  }

  private static double[][] transpose(double[][] seconds) {
    return IntStream.range(0, seconds[0].length)
        .mapToObj(i -> Arrays.stream(seconds).mapToDouble(kernel -> kernel[i]).toArray())
        .toArray(double[][]::new);
  }

  private Map<String, byte[]> files(Delivery delivery) {
    Map<String, byte[]> files =
        new LinkedHashMap<>(
            new CpuLibrary(backend).build(workload, delivery.kernels, delivery.tree, id(delivery)));
    try {
      files.put(Bundle.TIMINGS, delivery.timings);
      files.put(Bundle.DISPATCH, Json.MAPPER.writeValueAsBytes(delivery.tree));
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
    return files;
  }

  private String id(Delivery delivery) {
    String text = workload.name() + delivery.kernels + delivery.tree.toC();
    return Target.sha256(text.getBytes(StandardCharsets.UTF_8)).substring(0, 16);
  }

  private BundleManifest manifest(Delivery delivery) {
    return new BundleManifest(
        BundleManifest.SCHEMA_VERSION,
        workload.name(),
        id(delivery),
        Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        WorkloadSpec.of(workload),
        target,
        "2^-23 (4 + sqrt(k)) times the sum of the terms' magnitudes",
        delivery.kernels.stream()
            .map(
                k ->
                    new BundleManifest.KernelEntry(
                        space.family(k).label(k), k.family(), k.parameters()))
            .toList(),
        delivery.expected,
        Map.of(
            "compiler", target.compiler(),
            "java", System.getProperty("java.version"),
            "spark", spark.version(),
            "vendor", delivery.vendors),
        Map.of());
  }
}
