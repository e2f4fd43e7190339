package tessera.job;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;
import tessera.backend.cpu.CpuBackend;
import tessera.backend.cpu.CpuLibrary;
import tessera.dispatch.DecisionTree;
import tessera.dispatch.Regret;
import tessera.hardware.Target;
import tessera.job.records.RunFolder;
import tessera.job.records.TrialLog;
import tessera.job.search.EvolutionaryStrategy;
import tessera.job.search.InstanceTimer;
import tessera.job.search.Learner;
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
import tessera.measure.TimingPolicy;
import tessera.measure.Trial;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.runtime.Bundle;
import tessera.runtime.BundleManifest;
import tessera.runtime.BundleWriter;
import tessera.runtime.Json;
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

  /** How much the end of a run measures. */
  private record Effort(int leaders, int screened, int rounds, int dispatchInstances) {
    static Effort of(int trials) {
      return trials <= 24
          ? new Effort(6, 5, 3, 10)
          : trials <= 96 ? new Effort(10, 6, 3, 20) : new Effort(12, 8, 4, 32);
    }
  }

  /** What a run delivers. */
  record Result(
      Path bundle, BundleManifest manifest, Regret heldOut, int trials, double measuringSeconds) {}

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
    TimingPolicy policy = TimingPolicy.trial();
    TrialLog log = new ParquetTrialLog(spark, run.path(), space, target, policy);
    SparkMeasurer measurer =
        new SparkMeasurer(
            new JavaSparkContext(spark.sparkContext()),
            workload,
            target,
            policy,
            List.of(),
            settings.seed());
    Objective objective = new Objective(workload, workload.sampled(), space, settings.threads());
    Population population = new Population(space, objective, target.peakGflops());
    List<Trial> trials = search(log, measurer, objective, population);
    List<MicroKernel> leaders = population.leaders(effort.leaders());
    if (leaders.isEmpty()) {
      throw new UserError(
          "no candidate was right and could be timed; the trial log under "
              + run.path()
              + " says why each failed");
    }
    progress.phase("re-measuring the best " + leaders.size() + " on real instances");
    List<MicroKernel> portfolio = portfolio(measurer, leaders);
    progress.phase("measuring " + portfolio.size() + " micro-kernels for dispatch");
    Delivery delivery = dispatch(measurer, portfolio);
    BundleManifest manifest = manifest(delivery);
    Path published = new BundleWriter(out.resolve("bundles")).publish(manifest, files(delivery));
    return new Result(
        published,
        Bundle.open(published).manifest(),
        delivery.heldOut,
        trials.size(),
        progress.measuringSeconds());
  }

  private List<Trial> search(
      TrialLog log, SparkMeasurer measurer, Objective objective, Population population) {
    Strategy strategy =
        switch (settings.strategy()) {
          case "random" -> new RandomStrategy(space, population, settings.seed());
          case "evolutionary" ->
              new EvolutionaryStrategy(space, objective, population, settings.seed());
          default ->
              throw new UserError(
                  "strategy '"
                      + settings.strategy()
                      + "' is unknown; it is one of evolutionary, random, per-shape");
        };
    Learner learner = new SparkLearner(spark, space, target.peakGflops());
    TuningLoop.Listener listener =
        (round, trials, scores) -> log.append(round, trials, scores, progress.busyShare());
    List<Trial> earlier = log.read();
    RunningBudget budget =
        new RunningBudget(settings.budget(), reservedSeconds(), progress::elapsedSeconds);
    return new TuningLoop(strategy, progress.watching(measurer), learner, listener, BATCH)
        .run(budget, earlier, log.nextRound());
  }

  /**
   * What re-measuring and publishing will take, from the work of the instances at half the
   * machine's peak.
   */
  private double reservedSeconds() {
    double mean =
        workload.sampled().stream()
                .mapToDouble(i -> workload.shape(i.shape()).flops())
                .average()
                .orElseThrow()
            / (0.7e9 * target.peakGflops() * settings.threads());
    double call = Math.max(2 * mean, mean + 0.012);
    double screening = effort.leaders() * effort.screened() * effort.rounds() * call;
    double dispatching = 6.0 * effort.dispatchInstances() * effort.rounds() * call;
    return 6 + screening + dispatching;
  }

  private TimingPolicy comparison(int threads) {
    TimingPolicy base = TimingPolicy.comparison(threads);
    return new TimingPolicy(
        effort.rounds(),
        base.blockNanos(),
        base.probeNanos(),
        0,
        threads,
        base.core(),
        base.noisyAbove());
  }

  private List<MicroKernel> portfolio(InstanceTimer timer, List<MicroKernel> leaders) {
    List<Instance> instances = workload.sampled(effort.screened());
    double[][] seconds =
        timer.time(leaders, shapes(instances), comparison(settings.threads()), false).seconds();
    double[] weights = instances.stream().mapToDouble(Instance::weight).toArray();
    return Portfolio.smallest(seconds, weights, PORTFOLIO_TOLERANCE).stream()
        .map(leaders::get)
        .toList();
  }

  private List<GemmShape> shapes(List<Instance> instances) {
    return instances.stream().map(instance -> workload.shape(instance.shape())).toList();
  }

  /** The dispatcher with what it was trained on. */
  private record Delivery(
      List<MicroKernel> kernels,
      DecisionTree tree,
      List<Instance> instances,
      double[][] seconds,
      double[] vendor,
      String vendorName,
      Regret heldOut) {}

  /**
   * Every other instance is held out to measure regret; the tree that is delivered has seen them
   * all.
   */
  private Delivery dispatch(InstanceTimer timer, List<MicroKernel> portfolio) {
    List<Instance> instances = workload.sampled(effort.dispatchInstances());
    InstanceTimer.Times times =
        timer.time(portfolio, shapes(instances), comparison(settings.threads()), true);
    double[][] seconds = Arrays.copyOf(times.seconds(), portfolio.size());
    double[] vendor = new double[instances.size()];
    Arrays.fill(vendor, Double.POSITIVE_INFINITY);
    for (int v = portfolio.size(); v < times.seconds().length; v++) {
      for (int i = 0; i < vendor.length; i++) {
        vendor[i] = Math.min(vendor[i], times.seconds()[v][i]);
      }
    }
    Regret heldOut = heldOut(instances, seconds);
    DecisionTree tree = SparkDispatch.train(spark, instances, seconds);
    return new Delivery(
        portfolio, tree, instances, seconds, vendor, String.join(" or ", times.vendors()), heldOut);
  }

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
    List<BundleManifest.Expected> expected = new ArrayList<>();
    double[][] byInstance = transpose(delivery.seconds);
    for (int i = 0; i < delivery.instances.size(); i++) {
      Instance instance = delivery.instances.get(i);
      int kernel = delivery.tree.select(instance.shape());
      double seconds = byInstance[i][kernel];
      expected.add(
          new BundleManifest.Expected(
              instance.values(),
              settings.threads(),
              kernel,
              seconds,
              1e-9 * workload.shape(instance.shape()).flops() / seconds,
              Double.isFinite(delivery.vendor[i]) ? delivery.vendor[i] : 0,
              Regret.at(byInstance[i], kernel)));
    }
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
        expected,
        Map.of(
            "compiler", target.compiler(),
            "java", System.getProperty("java.version"),
            "spark", spark.version(),
            "vendor", delivery.vendorName),
        Map.of());
  }
}
