package tessera.analysis.read;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.stream.IntStream;
import tessera.analysis.figures.Efficiency;
import tessera.analysis.figures.Known;
import tessera.analysis.figures.PortfolioKernel;
import tessera.analysis.figures.Roofline;
import tessera.analysis.figures.Speeds;
import tessera.dispatch.LaunchPlan;
import tessera.job.spark.tables.RunTables;
import tessera.microkernel.Adaptation;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.SearchSpace;
import tessera.operator.Problem;
import tessera.runtime.BundleManifest;
import tessera.workload.Workload;

/** What the micro-kernels of a bundle take, and what they reach. */
public final class PortfolioReader {
  private final Source source;
  private final Log log;
  private final Source.Published bundle;
  private final Workload workload;
  private final SearchSpace space;

  private PortfolioReader(Source source, Log log, Source.Published bundle) {
    this.source = source;
    this.log = log;
    this.bundle = bundle;
    this.workload = bundle.manifest().workload().anywhere();
    this.space = source.hardware().space(workload);
  }

  public static Known<List<PortfolioKernel>> kernels(Source source, Log log, Known<Speeds> speeds) {
    return speeds.then(
        some ->
            source.bundle().map(bundle -> new PortfolioReader(source, log, bundle).kernels(some)));
  }

  public static Known<Roofline> roofline(Source source, Log log, Known<Speeds> speeds) {
    return speeds.then(
        some ->
            source.bundle().map(bundle -> new PortfolioReader(source, log, bundle).roofline(some)));
  }

  /** Of the dispatched plan on each of some shapes. */
  public static Known<List<Known<Efficiency>>> efficiencies(
      Source source, Log log, Known<Speeds> speeds, List<List<Long>> shapes) {
    return speeds.then(
        some ->
            source
                .bundle()
                .map(
                    bundle ->
                        new PortfolioReader(source, log, bundle)
                            .efficiencies(shapes, bundle.manifest().threads())));
  }

  private List<Known<Efficiency>> efficiencies(List<List<Long>> shapes, int threads) {
    return shapes.stream()
        .map(shape -> shape.stream().mapToLong(Long::longValue).toArray())
        .map(
            values ->
                fit(
                    bundle.manifest().plans().get(bundle.dispatch().select(values)),
                    workload.problem(values),
                    threads))
        .toList();
  }

  private static MicroKernel kernel(BundleManifest.KernelEntry entry) {
    return new MicroKernel(entry.family(), entry.parameters());
  }

  private List<PortfolioKernel> kernels(Speeds speeds) {
    Map<MicroKernel, Map<String, Integer>> resources = new HashMap<>();
    for (RunTables.Logged logged : log.trials()) {
      if (logged.trial().isOk()) {
        resources.put(logged.trial().kernel(), new TreeMap<>(logged.trial().resources()));
      }
    }
    List<BundleManifest.KernelEntry> entries = bundle.manifest().kernels();
    return IntStream.range(0, entries.size())
        .mapToObj(
            place ->
                kernel(
                    place,
                    entries.get(place),
                    resources.getOrDefault(kernel(entries.get(place)), Map.of()),
                    share(place, speeds)))
        .toList();
  }

  private PortfolioKernel kernel(
      int place, BundleManifest.KernelEntry entry, Map<String, Integer> resources, double share) {
    OptionalDouble occupancy =
        space.covers(kernel(entry))
            ? source.hardware().occupancy(workload, kernel(entry), resources)
            : OptionalDouble.empty();
    return new PortfolioKernel(
        place,
        entry.name(),
        entry.family(),
        entry.parameters(),
        resources.isEmpty() ? Known.not("no trial of this micro-kernel says") : Known.of(resources),
        occupancy.isPresent()
            ? Known.of(occupancy.getAsDouble())
            : Known.not("this hardware or the trials do not tell"),
        Known.of(share));
  }

  private static double share(int kernel, Speeds speeds) {
    return speeds.timed().stream()
        .filter(Speeds.Timed::isDispatched)
        .filter(timed -> speeds.plans().get(timed.plan()).kernels().contains(kernel))
        .mapToDouble(Speeds.Timed::weight)
        .sum();
  }

  private Roofline roofline(Speeds speeds) {
    return new Roofline(
        source.hardware().peakGflops(workload) * bundle.manifest().threads(),
        source.target().memoryBytesPerSecond().isPresent()
            ? Known.of(source.target().memoryBytesPerSecond().getAsDouble())
            : Known.not("nobody measured the bandwidth of this machine's memory"),
        speeds.dispatched().stream().map(this::point).toList());
  }

  private Roofline.Point point(Speeds.Dispatched shape) {
    Problem problem = workload.problem(shape.shape().stream().mapToLong(Long::longValue).toArray());
    Known<Efficiency> fit =
        fit(bundle.manifest().plans().get(shape.plan()), problem, shape.threads());
    return new Roofline.Point(
        shape.shape(),
        problem.flops(),
        problem.bytes(workload.numerics()),
        shape.plan(),
        shape.gflops(),
        shape.vendorGflops(),
        fit.map(Efficiency::padding),
        fit.map(Efficiency::wave));
  }

  /** Of two micro-kernels the mean, by the multiply-adds of each. */
  private Known<Efficiency> fit(LaunchPlan plan, Problem problem, int threads) {
    double padding = 0;
    double wave = 0;
    for (LaunchPlan.Part part : plan.parts(problem.gemm())) {
      MicroKernel kernel = kernel(bundle.manifest().kernels().get(part.kernel()));
      if (!space.covers(kernel)) {
        return Known.not("this version of Tessera no longer has this micro-kernel");
      }
      Adaptation adaptation = space.family(kernel).tiling(kernel).adaptation(part.shape(), threads);
      double share = part.shape().flops() / problem.gemm().flops();
      padding += share * adaptation.paddingEfficiency();
      wave += share * adaptation.waveEfficiency();
    }
    return Known.of(new Efficiency(padding, wave));
  }
}
