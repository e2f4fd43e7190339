package tessera.job.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;
import tessera.EnvironmentFault;
import tessera.backend.Backend;
import tessera.backend.cpu.CpuBackend;
import tessera.backend.cpu.CpuHarness;
import tessera.backend.cpu.CpuTarget;
import tessera.measure.DeviceLock;
import tessera.measure.Outcome;
import tessera.measure.Timing;
import tessera.measure.TimingPolicy;
import tessera.operator.GemmShape;
import tessera.operator.Problem;
import tessera.runtime.Bundle;
import tessera.worker.Pulse;
import tessera.worker.WorkerReply;
import tessera.worker.WorkerRequest;
import tessera.workload.Instance;
import tessera.workload.Workload;

/**
 * How a bundle's threads get on with what else a process and a machine do: on free cores, beside a
 * thread that only spins, after a rest, and under a CPU quota of one core.
 */
public final class ThreadsBenchmark {
  /** Instances of a bundle that are timed: the first that its manifest lists. */
  private static final int INSTANCES = 6;

  private static final List<Dense> SHORT_CALLS =
      List.of(new Dense(1, 768, 768), new Dense(48, 2304, 768));
  private static final Duration REST = Duration.ofMillis(120);
  private static final Duration QUOTA_TIME = Duration.ofSeconds(1);
  private static final String AFTER_REST = "after a rest of " + REST.toMillis() + " ms";
  private static final String ONE_THREAD = "of the time on one thread";

  private final CpuHarness harness;
  private final List<Backend.Vendor> vendors;
  private final Bundle bundle;
  private final Workload workload;
  private final int threads;
  private final int rounds;
  private final PrintStream to;
  private final Figures figures;

  public ThreadsBenchmark(
      CpuBackend backend, Bundle bundle, int threads, int rounds, PrintStream to, Figures figures) {
    this.harness = backend.harness();
    this.bundle = bundle;
    this.workload = bundle.manifest().workload().anywhere();
    this.vendors = backend.vendors(workload, List.of());
    this.threads = threads;
    this.rounds = rounds;
    this.to = to;
    this.figures = figures;
  }

  public void run() {
    try (DeviceLock lock = DeviceLock.acquire(CpuTarget.KIND)) {
      measure();
    }
  }

  private void measure() {
    List<Instance> instances = instances();
    print("%n%s, %d threads%n", bundle.manifest().name(), threads);
    besideVendors("on free cores", instances);
    harness.spin(true);
    try {
      besideVendors("beside a thread that spins", instances);
    } finally {
      harness.spin(false);
    }
    afterRest(instances);
    quota(instances.get(instances.size() / 2));
  }

  /** Those that the bundle was timed on, and two short calls where it serves them. */
  private List<Instance> instances() {
    List<Instance> instances = new ArrayList<>();
    if (!workload.operator().isBatched()) {
      for (Dense call : SHORT_CALLS) {
        call.solve(workload)
            .map(values -> new Instance(Arrays.stream(values).boxed().toList(), 1))
            .ifPresent(instances::add);
      }
    }
    bundle.manifest().expected().stream()
        .limit(INSTANCES)
        .forEach(expected -> instances.add(new Instance(expected.shape(), 1)));
    return instances.stream().distinct().toList();
  }

  private void print(String format, Object... values) {
    to.printf(Locale.ROOT, format, values);
  }

  private void besideVendors(String where, List<Instance> instances) {
    double[] logs = new double[vendors.size()];
    for (Instance instance : instances) {
      List<Timing> timings = time(instance);
      StringBuilder ratios = new StringBuilder();
      for (int v = 0; v < logs.length; v++) {
        double ratio = CpuBenchmark.ratio(timings.get(0), timings.get(v + 1));
        logs[v] += Math.log(ratio) / instances.size();
        ratios.append(String.format(Locale.ROOT, "  %.2fx %s", ratio, vendors.get(v).label()));
      }
      double micros = Timing.median(timings.get(0).nanos()) / 1000;
      print("%-27s %-22s %9.1f us%s%n", where, extents(instance), micros, ratios);
    }
    means(where, logs);
  }

  /**
   * @param logs of the geometric means against each library
   */
  private void means(String where, double[] logs) {
    for (int v = 0; v < logs.length; v++) {
      String name = vendors.get(v).label();
      print("%-27s geometric mean %.3fx %s%n", where, Math.exp(logs[v]), name);
      add(where + ", geometric mean against " + name, Math.exp(logs[v]), "times as fast");
    }
  }

  private List<Timing> time(Instance instance) {
    List<WorkerRequest.Function> functions = new ArrayList<>(List.of(function(instance)));
    vendors.forEach(vendor -> functions.add(vendor.function()));
    TimingPolicy policy = new TimingPolicy(rounds, 50_000_000, 60_000, 0, threads, 1);
    WorkerReply reply =
        harness.run(
            new WorkerRequest(
                workload.epilogue(),
                workload.numerics(),
                functions,
                List.of(),
                List.of(workload.problem(instance.shape())),
                policy,
                1),
            Pulse.unseen());
    if (reply.outcome() != Outcome.OK) {
      throw new EnvironmentFault(
          extents(instance) + " could not be timed: " + reply.outcome() + ", " + reply.message());
    }
    return reply.timings().get(0);
  }

  private void afterRest(List<Instance> instances) {
    double[] logs = new double[vendors.size()];
    for (Instance instance : instances) {
      WorkerRequest.Function bundled = function(instance);
      double one = Timing.median(calls(bundled, instance, 1, REST, 3 * rounds));
      double all = Timing.median(calls(bundled, instance, threads, REST, 3 * rounds));
      double inARow = Timing.median(calls(bundled, instance, threads, Duration.ZERO, 20 * rounds));
      StringBuilder ratios = new StringBuilder();
      for (int v = 0; v < logs.length; v++) {
        WorkerRequest.Function other = vendors.get(v).function();
        double ratio = Timing.median(calls(other, instance, threads, REST, 3 * rounds)) / all;
        logs[v] += Math.log(ratio) / instances.size();
        ratios.append(String.format(Locale.ROOT, "  %.2fx %s", ratio, vendors.get(v).label()));
      }
      print(
          "%-27s %-22s %9.1f us, on one thread %9.1f us: %.2f of it (in a row %.1f us)%s%n",
          AFTER_REST, extents(instance), all / 1000, one / 1000, all / one, inARow / 1000, ratios);
      add("after a rest, " + extents(instance), all / one, ONE_THREAD);
    }
    means(AFTER_REST, logs);
  }

  private void quota(Instance instance) {
    try (QuotaGroup group = QuotaGroup.join()) {
      double first = calls(function(instance), instance, 1, Duration.ZERO, 1)[0];
      int count = (int) (QUOTA_TIME.toNanos() / first) + 1;
      double one = mean(instance, 1, count);
      double usual = mean(instance, 0, count);
      double all = mean(instance, threads, count);
      print(
          "with a quota of one core   %-22s %9.1f us by default, on one thread %9.1f us: %.2f of it (on %d threads %.1f us)%n",
          extents(instance), usual / 1000, one / 1000, usual / one, threads, all / 1000);
      add("with a quota of one core, " + extents(instance), usual / one, ONE_THREAD);
    } catch (IOException e) {
      print("with a quota of one core   skipped: no control group can be made here (%s)%n", e);
    }
  }

  /** Nanoseconds of a call, of many in a row. */
  private double mean(Instance instance, int count, int calls) {
    return DoubleStream.of(calls(function(instance), instance, count, Duration.ZERO, calls)).sum()
        / calls;
  }

  private void add(String what, double value, String unit) {
    String words = bundle.manifest().name() + ", " + threads + " threads, " + what;
    figures.add(words, value, unit, "threads", words);
  }

  /** Nanoseconds of each call. */
  private double[] calls(
      WorkerRequest.Function function, Instance instance, int count, Duration rest, int calls) {
    Problem problem = workload.problem(instance.shape());
    return harness.calls(workload, function, problem, count, rest, calls);
  }

  private WorkerRequest.Function function(Instance instance) {
    return WorkerRequest.Function.bundle(
            bundle.folder(), bundle.digest(), Arrays.stream(instance.shape()).boxed().toList())
        .preparing(workload.prepares());
  }

  private String extents(Instance instance) {
    GemmShape shape = workload.shape(instance.shape());
    return (shape.batch() == 1 ? "" : shape.batch() + "x")
        + (shape.m() + "x" + shape.n() + "x" + shape.k());
  }
}
