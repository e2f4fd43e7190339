package tessera.job.bench;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import tessera.Count;
import tessera.analysis.read.Ratios;
import tessera.backend.Backend;
import tessera.backend.cpu.CpuBackend;
import tessera.measure.DeviceLock;
import tessera.measure.Outcome;
import tessera.measure.Timing;
import tessera.measure.TimingPolicy;
import tessera.operator.Epilogue;
import tessera.operator.Numerics;
import tessera.runtime.Bundle;
import tessera.worker.DeviceWorker;
import tessera.worker.WorkerReply;
import tessera.worker.WorkerRequest;
import tessera.workload.Workload;

/**
 * Bundles against vendor libraries or against another bundle: verified, then timed block by block
 * in turn, in one process.
 */
public final class CpuBenchmark {
  /**
   * A line of the result.
   *
   * @param ratio the best vendor's time over the bundle's, above 1 where the bundle is faster; NaN
   *     where no vendor's library was found
   */
  public record Row(
      String group,
      String weights,
      int threads,
      Dense shape,
      double gflops,
      List<Double> vendorGflops,
      List<String> vendors,
      double ratio) {}

  private static final Duration DEADLINE = Duration.ofMinutes(5);
  private static final String TIMES = "times as fast as the best other";

  private final CpuBackend backend;
  private final List<Bundle> bundles;
  private final Optional<Bundle> rival;
  private final int rounds;
  private final long seed;
  private final PrintStream to;
  private final Figures figures;
  private final Set<String> partlyServed = new HashSet<>();

  /**
   * @param rival a bundle to compare with instead of the vendors' libraries
   */
  public CpuBenchmark(
      CpuBackend backend,
      List<Bundle> bundles,
      Optional<Bundle> rival,
      int rounds,
      long seed,
      PrintStream to,
      Figures figures) {
    this.backend = backend;
    this.bundles =
        bundles.stream()
            .filter(CpuBenchmark::isPlainDense)
            .sorted(
                Comparator.comparingInt((Bundle b) -> b.manifest().workload().variables().size()))
            .toList();
    this.rival = rival;
    this.rounds = rounds;
    this.seed = seed;
    this.to = to;
    this.figures = figures;
  }

  public List<Row> run(String group, List<Dense> shapes, String weights, int threads) {
    long rotate = weights.equals("cold") ? 2 * backend.target().l3Bytes() : 0;
    TimingPolicy policy = new TimingPolicy(rounds, 10_000_000, 60_000, rotate, threads, 1);
    to.printf(
        Locale.ROOT, "%n%s shapes, %s weights, %s%n", group, weights, Count.of(threads, "thread"));
    List<Row> rows = new ArrayList<>();
    List<Dense> served = served(group, shapes);
    try (DeviceWorker worker = backend.worker();
        DeviceLock lock = DeviceLock.acquire(backend.deviceName())) {
      for (Dense shape : served) {
        WorkerRequest.Function bundle = serving(bundles, shape).orElseThrow();
        rows.add(measure(worker, bundle, group, shape, weights, policy));
      }
    }
    summarise(rows);
    return rows;
  }

  /** Says once of a group how many of its shapes are left out. */
  private List<Dense> served(String group, List<Dense> shapes) {
    List<Dense> served =
        shapes.stream()
            .filter(shape -> serving(bundles, shape).isPresent())
            .filter(shape -> rival.isEmpty() || !others(shape).isEmpty())
            .toList();
    if (served.isEmpty() || (served.size() < shapes.size() && partlyServed.add(group))) {
      to.println("no bundle serves " + (shapes.size() - served.size()) + " of these shapes");
    }
    return served;
  }

  private Row measure(
      DeviceWorker worker,
      WorkerRequest.Function bundle,
      String group,
      Dense shape,
      String weights,
      TimingPolicy policy) {
    List<Backend.Vendor> vendors = others(shape);
    List<WorkerRequest.Function> functions = new ArrayList<>(List.of(bundle));
    vendors.forEach(vendor -> functions.add(vendor.function()));
    List<WorkerRequest.Check> checks =
        List.of(new WorkerRequest.Check(shape.problem(), policy.threads()));
    WorkerReply reply =
        worker.call(
            new WorkerRequest(
                Epilogue.NONE,
                Numerics.FLOAT32,
                functions,
                checks,
                List.of(shape.problem()),
                policy,
                seed),
            DEADLINE);
    if (reply.outcome() != Outcome.OK) {
      throw new IllegalStateException(shape + " ended " + reply.outcome() + ": " + reply.message());
    }
    List<Timing> timings = reply.timings().get(0);
    List<Double> ratios =
        IntStream.range(1, timings.size())
            .mapToObj(v -> ratio(timings.get(0), timings.get(v)))
            .toList();
    double seconds = timings.get(0).seconds(backend.target().peakGflops());
    double gflops = 1e-9 * shape.problem().flops() / seconds;
    Row row =
        new Row(
            group,
            weights,
            policy.threads(),
            shape,
            gflops,
            ratios.stream().map(r -> gflops / r).toList(),
            vendors.stream().map(Backend.Vendor::name).toList(),
            ratios.stream().min(Comparator.naturalOrder()).orElse(Double.NaN));
    to.printf(
        Locale.ROOT,
        "%-24s %8.1f GFLOP/s%s %s%n",
        shape.m() + "x" + shape.n() + "x" + shape.k(),
        gflops,
        bundle.kind() == WorkerRequest.Kind.PREPARED_BUNDLE ? " (prepared)" : "",
        ratios(row));
    return row;
  }

  /**
   * The median over rounds of the ratio of neighbouring blocks, each scaled by the core's speed
   * around it.
   */
  static double ratio(Timing bundle, Timing vendor) {
    double[] ratios = new double[bundle.nanos().length];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = vendor.nanos()[i] * vendor.speeds()[i] / (bundle.nanos()[i] * bundle.speeds()[i]);
    }
    return Timing.median(ratios);
  }

  private static String ratios(Row row) {
    StringBuilder text = new StringBuilder();
    for (int v = 0; v < row.vendors.size(); v++) {
      text.append(
          String.format(
              Locale.ROOT, "  %.2fx %s", row.gflops / row.vendorGflops.get(v), row.vendors.get(v)));
    }
    return text.toString();
  }

  private List<Backend.Vendor> others(Dense shape) {
    if (rival.isEmpty()) {
      return backend.vendors(bundles.get(0).manifest().workload().anywhere());
    }
    return serving(rival.filter(CpuBenchmark::isPlainDense).stream().toList(), shape).stream()
        .map(function -> new Backend.Vendor("the other bundle", function))
        .toList();
  }

  /** The bundle with the fewest variables that can take the shape, with its variables' values. */
  private static Optional<WorkerRequest.Function> serving(List<Bundle> bundles, Dense shape) {
    for (Bundle bundle : bundles) {
      Workload workload = bundle.manifest().workload().anywhere();
      Optional<long[]> values = shape.solve(workload);
      if (values.isPresent()) {
        return Optional.of(
            WorkerRequest.Function.bundle(
                    bundle.folder(), bundle.digest(), Arrays.stream(values.get()).boxed().toList())
                .preparing(workload.prepares()));
      }
    }
    return Optional.empty();
  }

  /** Whether a bundle computes what is compared here. */
  private static boolean isPlainDense(Bundle bundle) {
    Workload workload = bundle.manifest().workload().anywhere();
    return !workload.operator().isBatched()
        && workload.operator().secondIsNk()
        && workload.epilogue() == Epilogue.NONE;
  }

  private void summarise(List<Row> all) {
    List<Row> rows = all.stream().filter(row -> !Double.isNaN(row.ratio)).toList();
    summarise("all", rows, row -> true);
    summarise("m < 100", rows, row -> row.shape.m() < 100);
    summarise("100 <= m < 500", rows, row -> row.shape.m() >= 100 && row.shape.m() < 500);
    summarise("m >= 500", rows, row -> row.shape.m() >= 500);
  }

  private void summarise(String name, List<Row> rows, Predicate<Row> in) {
    List<Row> chosen = rows.stream().filter(in).toList();
    if (!chosen.isEmpty()) {
      double mean = Ratios.geometricMean(chosen, Row::ratio);
      Row worst = chosen.stream().min(Comparator.comparingDouble(Row::ratio)).orElseThrow();
      to.printf(
          Locale.ROOT,
          "%-16s %3d shapes: geometric mean %.3fx the best other, worst %.3fx (%dx%dx%d)%n",
          name,
          chosen.size(),
          mean,
          worst.ratio,
          worst.shape.m(),
          worst.shape.n(),
          worst.shape.k());
      String words =
          String.format(
              Locale.ROOT,
              "%s shapes, %s weights, %d threads, %s",
              worst.group,
              worst.weights,
              worst.threads,
              name);
      figures.add(words + ", geometric mean", mean, TIMES, "cpu", words);
      figures.add(words + ", worst", worst.ratio, TIMES, "cpu", words, "worst");
    }
  }
}
