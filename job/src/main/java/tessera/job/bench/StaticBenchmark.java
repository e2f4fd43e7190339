package tessera.job.bench;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import tessera.UserError;
import tessera.analysis.read.Ratios;
import tessera.backend.Backend;
import tessera.compile.BuildResult;
import tessera.dispatch.LaunchPlan;
import tessera.measure.DeviceLock;
import tessera.measure.Outcome;
import tessera.measure.Timing;
import tessera.microkernel.MicroKernel;
import tessera.operator.Problem;
import tessera.runtime.Bundle;
import tessera.runtime.BundleManifest;
import tessera.worker.DeviceWorker;
import tessera.worker.WorkerReply;
import tessera.worker.WorkerRequest;
import tessera.workload.Workload;

/**
 * What it costs that shapes are only known at run time: each dispatched micro-kernel beside itself,
 * compiled for the one shape.
 */
public final class StaticBenchmark {
  /** The longest that checking and timing one pair of kernels may take. */
  private static final Duration DEADLINE = Duration.ofMinutes(2);

  private static final String TIMES = "times as fast as compiled for the one shape";

  private final Backend backend;
  private final int rounds;
  private final long seed;
  private final PrintStream to;
  private final Figures figures;

  public StaticBenchmark(Backend backend, int rounds, long seed, PrintStream to, Figures figures) {
    this.backend = backend;
    this.rounds = rounds;
    this.seed = seed;
    this.to = to;
    this.figures = figures;
  }

  /** Compares on the instances that the bundle's manifest lists. */
  public void run(Bundle bundle) {
    BundleManifest manifest = bundle.manifest();
    List<Double> ratios = new ArrayList<>();
    to.println(
        manifest.name()
            + ": the time of each kernel compiled for its shape alone, over its time in the bundle;"
            + " above 1 the bundle is faster");
    try (DeviceWorker worker = backend.worker();
        DeviceLock lock = DeviceLock.acquire(backend.deviceName())) {
      for (BundleManifest.Expected expected : manifest.tuned()) {
        long[] values = expected.shape().stream().mapToLong(Long::longValue).toArray();
        LaunchPlan plan = manifest.plans().get(bundle.dispatch().select(values));
        if (plan.edgeRows(manifest.workload().anywhere().shape(values).m()) > 0) {
          continue; // two launches are no one kernel
        }
        BundleManifest.KernelEntry entry = manifest.kernels().get(plan.main());
        MicroKernel kernel = new MicroKernel(entry.family(), entry.parameters());
        double ratio = ratio(worker, manifest.workload().anywhere(), values, kernel);
        ratios.add(ratio);
        to.printf(Locale.ROOT, "%-14s %.3fx  %s%n", expected.shape(), ratio, entry.name());
      }
    }
    if (ratios.isEmpty()) {
      to.printf(Locale.ROOT, "%s: no listed shape is served by one kernel%n", manifest.name());
      return;
    }
    double mean = Ratios.geometricMean(ratios, Double::doubleValue);
    double worst = ratios.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
    to.printf(
        Locale.ROOT,
        "%s: dynamic against static geometric mean %.3fx, worst %.3fx%n",
        manifest.name(),
        mean,
        worst);
    String what = manifest.name() + ", " + ratios.size() + " shapes, ";
    figures.add(what + "geometric mean", mean, TIMES, "static", manifest.name());
    figures.add(what + "worst", worst, TIMES, "static", manifest.name(), "worst");
  }

  /** Time of the static kernel over that of the dynamic one. */
  private double ratio(DeviceWorker worker, Workload dynamic, long[] values, MicroKernel kernel) {
    Problem problem = dynamic.problem(values);
    WorkerRequest request =
        new WorkerRequest(
            dynamic.epilogue(),
            dynamic.numerics(),
            List.of(function(dynamic, kernel), function(dynamic.fixedAt(values), kernel)),
            List.of(new WorkerRequest.Check(problem, 1)),
            List.of(problem),
            backend.hardware().policy(dynamic, rounds, 1),
            seed);
    WorkerReply reply = worker.call(request, DEADLINE);
    if (reply.outcome() != Outcome.OK) {
      throw new UserError(
          "the kernels could not be compared on " + problem + ": " + reply.message());
    }
    List<Timing> timings = reply.timings().get(0);
    double peak = backend.target().peakGflops();
    return timings.get(1).seconds(peak) / timings.get(0).seconds(peak);
  }

  private WorkerRequest.Function function(Workload workload, MicroKernel kernel) {
    BuildResult built = backend.build(workload, kernel);
    if (built.status() != BuildResult.Status.OK) {
      throw new UserError("a micro-kernel of the bundle does not compile: " + built.message());
    }
    return backend.function(workload, kernel, built);
  }
}
