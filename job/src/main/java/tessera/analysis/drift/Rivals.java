package tessera.analysis.drift;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import tessera.analysis.figures.Known;
import tessera.analysis.read.Log;
import tessera.analysis.read.Source;
import tessera.dispatch.LaunchPlan;
import tessera.job.predict.Extrapolation;
import tessera.job.predict.MeasuredCost;
import tessera.job.spark.tables.RunTables;
import tessera.measure.Timing;
import tessera.microkernel.KernelFamily;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.SearchSpace;
import tessera.operator.GemmShape;
import tessera.workload.Instance;
import tessera.workload.Workload;

/**
 * All micro-kernels that a run measured, with what they take on any shape: those of the contest by
 * their times on real instances, the others by their probes, which are corrected by how far those
 * are off for the micro-kernels that have both.
 */
final class Rivals {
  /** Makes the median of the deviations from a median a standard deviation, of normal errors. */
  private static final double NORMAL = 1.4826;

  /** Of micro-kernels that were timed but once. */
  private static final double USUAL_DOUBT = 0.02;

  private final Source.Published bundle;
  private final Workload workload;
  private final SearchSpace space;
  private final int threads;

  /** Those of the contest. */
  private final List<MicroKernel> timed = new ArrayList<>();

  private final Extrapolation.Table table;
  private final Extrapolation model;

  /** The others, with what their probes say. */
  private final Map<MicroKernel, MicroKernelCost> probed = new LinkedHashMap<>();

  private final double correction;
  private final double timedDoubt;
  private final double probedDoubt;

  private Rivals(Source source, Log log, Source.Published bundle) {
    this.bundle = bundle;
    this.workload = bundle.manifest().workload().anywhere();
    this.space = source.hardware().space(workload.ofOneForm());
    this.threads = bundle.manifest().threads();
    List<Log.Contestant> contest =
        log.contest().stream().filter(row -> space.covers(row.kernel())).toList();
    contest.stream().map(Log.Contestant::kernel).distinct().forEach(timed::add);
    this.table = table(contest);
    this.model = new Extrapolation(space, workload, threads, timed, table);
    Map<MicroKernel, MicroKernelCost> costs = costs(log, source.target().peakGflops());
    costs.forEach((kernel, cost) -> probed.put(kernel, cost));
    probed.keySet().removeAll(timed);
    double[] errors = errors(costs);
    this.correction = errors.length == 0 ? 1 : Math.exp(Timing.median(errors));
    this.timedDoubt = doubt(repeats(contest), USUAL_DOUBT);
    this.probedDoubt = doubt(errors, USUAL_DOUBT);
    if (errors.length == 0) {
      probed.clear(); // nothing says how far probes are off
    }
  }

  /** What a bundle's run measured, or why that says nothing. */
  static Known<Rivals> of(Source source, Log log) {
    return source
        .run()
        .then(run -> source.bundle())
        .then(
            bundle -> {
              Rivals rivals = new Rivals(source, log, bundle);
              return rivals.knowsTheBundle()
                  ? Known.of(rivals)
                  : Known.not(
                      "the run timed not all micro-kernels of the bundle on real shapes, or this"
                          + " version of Tessera no longer has them");
            });
  }

  private static MicroKernel kernel(Source.Published bundle, int place) {
    return new MicroKernel(
        bundle.manifest().kernels().get(place).family(),
        bundle.manifest().kernels().get(place).parameters());
  }

  private boolean knowsTheBundle() {
    return bundle.manifest().plans().stream()
        .flatMap(plan -> plan.kernels().stream())
        .allMatch(place -> timed.contains(kernel(bundle, place)));
  }

  /** Means of the contest's passes. */
  private Extrapolation.Table table(List<Log.Contestant> contest) {
    Map<List<Long>, Integer> places = new LinkedHashMap<>();
    contest.forEach(row -> places.putIfAbsent(row.shape(), places.size()));
    double[][] sums = new double[timed.size()][places.size()];
    int[][] times = new int[timed.size()][places.size()];
    for (Log.Contestant row : contest) {
      int kernel = timed.indexOf(row.kernel());
      sums[kernel][places.get(row.shape())] += row.seconds();
      times[kernel][places.get(row.shape())]++;
    }
    for (int kernel = 0; kernel < sums.length; kernel++) {
      for (int place = 0; place < places.size(); place++) {
        sums[kernel][place] /= times[kernel][place]; // 0 / 0: not timed
      }
    }
    return new Extrapolation.Table(
        places.keySet().stream().map(shape -> new Instance(shape, 1)).toList(), sums);
  }

  /** By the logged probes of all that were right. */
  private Map<MicroKernel, MicroKernelCost> costs(Log log, double peakGflops) {
    Map<MicroKernel, MicroKernelCost> costs = new LinkedHashMap<>();
    for (RunTables.Logged logged : log.trials()) {
      MicroKernel kernel = logged.trial().kernel();
      boolean ofOtherForm = workload.preparesToo() && !logged.search().isEmpty();
      if (logged.trial().isOk() && space.covers(kernel) && !ofOtherForm) {
        costs.put(kernel, MeasuredCost.of(space.family(kernel), logged.trial(), peakGflops));
      }
    }
    return costs;
  }

  /**
   * How far probes are off: the mean logarithm of measured over predicted, of each that has both.
   */
  private double[] errors(Map<MicroKernel, MicroKernelCost> costs) {
    List<GemmShape> shapes = workload.shapes(table.instances());
    return IntStream.range(0, timed.size())
        .filter(kernel -> costs.containsKey(timed.get(kernel)))
        .mapToDouble(
            kernel ->
                IntStream.range(0, shapes.size())
                    .filter(i -> !Double.isNaN(table.seconds()[kernel][i]))
                    .mapToDouble(
                        i ->
                            Math.log(
                                table.seconds()[kernel][i]
                                    / seconds(
                                        timed.get(kernel),
                                        costs.get(timed.get(kernel)),
                                        shapes.get(i))))
                    .average()
                    .orElse(0))
        .toArray();
  }

  private double seconds(MicroKernel kernel, MicroKernelCost cost, GemmShape shape) {
    KernelFamily family = space.family(kernel);
    return family.tiling(kernel).adaptation(shape, threads).seconds(cost);
  }

  /** Logarithms of how far a second timing was from the first. */
  private static double[] repeats(List<Log.Contestant> contest) {
    record Place(MicroKernel kernel, List<Long> shape) {}
    Map<Place, Double> first = new LinkedHashMap<>();
    List<Double> repeats = new ArrayList<>();
    for (Log.Contestant row : contest) {
      Double before = first.putIfAbsent(new Place(row.kernel(), row.shape()), row.seconds());
      if (before != null) {
        repeats.add(Math.log(row.seconds() / before));
      }
    }
    return repeats.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static double doubt(double[] errors, double otherwise) {
    if (errors.length < 2) {
      return otherwise;
    }
    double middle = Timing.median(errors);
    return NORMAL
        * Timing.median(Arrays.stream(errors).map(error -> Math.abs(error - middle)).toArray());
  }

  /** The standard error of the logarithm of each micro-kernel's times. */
  double[] doubts() {
    double[] doubts = new double[timed.size() + probed.size()];
    Arrays.fill(doubts, 0, timed.size(), timedDoubt);
    Arrays.fill(doubts, timed.size(), doubts.length, probedDoubt);
    return doubts;
  }

  Gain.Times times(List<Instance> instances) {
    List<GemmShape> shapes = workload.shapes(instances);
    double[][] rivals = new double[shapes.size()][];
    double[] present = new double[shapes.size()];
    int[] main = new int[shapes.size()];
    for (int i = 0; i < present.length; i++) {
      LaunchPlan plan = own(bundle.dispatch().select(instances.get(i).shape()));
      main[i] = plan.main();
      present[i] = model.seconds(plan, shapes.get(i));
      rivals[i] = rivals(shapes.get(i));
    }
    return new Gain.Times(
        instances.stream().mapToDouble(Instance::weight).toArray(), present, main, rivals);
  }

  /** A plan of the bundle over the micro-kernels here. */
  private LaunchPlan own(int plan) {
    LaunchPlan of = bundle.manifest().plans().get(plan);
    return new LaunchPlan(
        timed.indexOf(kernel(bundle, of.main())),
        of.combines() ? timed.indexOf(kernel(bundle, of.edge())) : -1,
        of.rows(),
        of.most());
  }

  private double[] rivals(GemmShape shape) {
    double[] seconds = new double[timed.size() + probed.size()];
    for (int kernel = 0; kernel < timed.size(); kernel++) {
      seconds[kernel] = model.seconds(LaunchPlan.single(kernel), shape);
    }
    int at = timed.size();
    for (Map.Entry<MicroKernel, MicroKernelCost> one : probed.entrySet()) {
      seconds[at++] = correction * seconds(one.getKey(), one.getValue(), shape);
    }
    return seconds;
  }
}
