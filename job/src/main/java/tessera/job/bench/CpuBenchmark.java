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
import tessera.Count;
import tessera.EnvironmentFault;
import tessera.backend.Backend;
import tessera.backend.Peer;
import tessera.backend.WeightsForm;
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
 * Bundles against libraries of others or against another bundle: verified, then timed block by
 * block in turn, in one process.
 */
public final class CpuBenchmark {
  /** What another library reached, or another bundle. */
  public record PeerSpeed(String name, String version, WeightsForm form, double gflops) {
    String label() {
      return form.label(name, version);
    }
  }

  /**
   * A line of the result.
   *
   * @param form of the weights that the bundle was given
   * @param ratio the best peer's time over the bundle's, above 1 where the bundle is faster; NaN
   *     where there was none
   */
  public record Row(
      String group,
      String weights,
      int threads,
      Dense shape,
      WeightsForm form,
      double gflops,
      List<PeerSpeed> peers,
      double ratio) {
    /** The same against some of the peers alone. */
    double ratio(Predicate<PeerSpeed> some) {
      return peers.stream()
          .filter(some)
          .mapToDouble(peer -> gflops / peer.gflops())
          .min()
          .orElse(Double.NaN);
    }
  }

  /** A bundle, with weights in one of the forms that it takes. */
  private record Ours(WeightsForm form, WorkerRequest.Function function) {}

  private static final Duration DEADLINE = Duration.ofMinutes(5);

  /** Shapes in a row that ended with no function at fault, after which it stops. */
  private static final int MOST_UNEXPLAINED = 2;

  private final CpuBackend backend;
  private final List<Bundle> bundles;
  private final Optional<Bundle> rival;
  private final int rounds;
  private final long seed;
  private final PrintStream to;
  private final CpuSummary summary;
  private final List<Backend.Vendor> libraries;
  private final Set<String> partlyServed = new HashSet<>();

  /** Libraries that were wrong or failed, which are timed no more. */
  private final Set<WorkerRequest.Function> leftOut = new HashSet<>();

  private int failures;
  private int unexplained;

  /**
   * @param rival a bundle to compare with instead of libraries
   * @param peers libraries beside those that are found
   * @throws tessera.UserError where one of these cannot be used
   */
  public CpuBenchmark(
      CpuBackend backend,
      List<Bundle> bundles,
      Optional<Bundle> rival,
      List<Peer> peers,
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
    this.summary = new CpuSummary(to, figures);
    this.libraries =
        rival.isPresent() || this.bundles.isEmpty()
            ? List.of()
            : backend.vendors(this.bundles.get(0).manifest().workload().anywhere(), peers);
  }

  public List<Row> run(String group, List<Dense> shapes, String weights, int threads) {
    List<Dense> served = served(group, shapes);
    if (served.isEmpty()) {
      return List.of();
    }
    long rotate = weights.equals("cold") ? 2 * backend.target().l3Bytes() : 0;
    TimingPolicy policy = new TimingPolicy(rounds, 10_000_000, 60_000, rotate, threads, 1);
    to.printf(
        Locale.ROOT, "%n%s shapes, %s weights, %s%n", group, weights, Count.of(threads, "thread"));
    List<Row> rows = new ArrayList<>();
    try (DeviceWorker worker = backend.worker();
        DeviceLock lock = DeviceLock.acquire(backend.deviceName())) {
      for (Dense shape : served) {
        rows.addAll(measure(worker, group, shape, weights, policy));
      }
    }
    summary.of(rows);
    return rows;
  }

  /** The shapes so far of which nothing was timed: a bundle failed there, or the machine. */
  public int failures() {
    return failures;
  }

  /** Says once of a group which of its shapes are left out. */
  private List<Dense> served(String group, List<Dense> shapes) {
    List<Dense> served =
        shapes.stream()
            .filter(shape -> !forms(bundles, shape).isEmpty())
            .filter(shape -> rival.isEmpty() || !others(shape).isEmpty())
            .toList();
    List<Dense> unserved = shapes.stream().filter(shape -> !served.contains(shape)).toList();
    if (!unserved.isEmpty() && partlyServed.add(group)) {
      to.println(
          (rival.isPresent() ? "not both bundles serve " : "no bundle serves ")
              + CpuSummary.extents(unserved.get(0))
              + (unserved.size() > 1 ? " and " + (unserved.size() - 1) + " more" : "")
              + " of the "
              + Count.of(shapes.size(), group + " shape"));
    }
    return served;
  }

  private List<Row> measure(
      DeviceWorker worker, String group, Dense shape, String weights, TimingPolicy policy) {
    List<Ours> ours = ours(shape);
    List<Backend.Vendor> others = new ArrayList<>(others(shape));
    List<Row> rows = new ArrayList<>();
    List<Timing> timings = timed(worker, shape, ours, others, policy);
    for (int i = 0; i < ours.size() && !timings.isEmpty(); i++) {
      Timing mine = timings.get(i);
      double gflops = 1e-9 * shape.problem().flops() / mine.seconds(backend.target().peakGflops());
      WeightsForm form = ours.get(i).form();
      boolean sameForm =
          rival.isPresent() && others.stream().anyMatch(other -> other.form() == form);
      List<PeerSpeed> peers = new ArrayList<>();
      for (int v = 0; v < others.size(); v++) {
        Backend.Vendor other = others.get(v);
        if (sameForm && other.form() != form) {
          continue; // a bundle that serves both forms is compared in each
        }
        double speed = gflops / ratio(mine, timings.get(ours.size() + v));
        peers.add(new PeerSpeed(other.name(), other.version(), other.form(), speed));
      }
      double best = peers.stream().mapToDouble(PeerSpeed::gflops).max().orElse(Double.NaN);
      Row row =
          new Row(group, weights, policy.threads(), shape, form, gflops, peers, gflops / best);
      summary.line(row);
      rows.add(row);
    }
    return rows;
  }

  /**
   * Times a bundle and others in turns. What is wrong or fails is said, taken out of the others,
   * and timed on no later shape either.
   *
   * @return empty where it was not one of the others that failed
   */
  private List<Timing> timed(
      DeviceWorker worker,
      Dense shape,
      List<Ours> ours,
      List<Backend.Vendor> others,
      TimingPolicy policy) {
    while (true) {
      List<WorkerRequest.Function> functions = new ArrayList<>();
      ours.forEach(one -> functions.add(one.function()));
      others.forEach(other -> functions.add(other.function()));
      WorkerReply reply = worker.call(request(shape, functions, policy), DEADLINE);
      if (reply.outcome() == Outcome.OK) {
        unexplained = 0;
        return reply.timings().get(0);
      }
      int other = reply.culprit() - ours.size();
      if (other < 0 || rival.isPresent()) {
        unexplained = reply.culprit() < 0 ? unexplained + 1 : 0;
        if (unexplained == MOST_UNEXPLAINED) {
          throw new EnvironmentFault(
              MOST_UNEXPLAINED
                  + " shapes in a row could not be timed, the last of them "
                  + CpuSummary.extents(shape)
                  + ": "
                  + failure(ours, reply));
        }
        failures++;
        to.println(CpuSummary.extents(shape) + " is left out: " + failure(ours, reply));
        return List.of();
      }
      Backend.Vendor failed = others.remove(other);
      leftOut.add(failed.function());
      to.println(failed.label() + " is left out: " + reply.outcome() + ", " + reply.message());
    }
  }

  private static String failure(List<Ours> ours, WorkerReply reply) {
    int culprit = reply.culprit();
    String who =
        culprit < 0
            ? "the measurement"
            : culprit < ours.size()
                ? "the bundle with " + ours.get(culprit).form().key() + " weights"
                : "the other bundle";
    return who + " ended " + reply.outcome() + ", " + reply.message();
  }

  private WorkerRequest request(
      Dense shape, List<WorkerRequest.Function> functions, TimingPolicy policy) {
    return new WorkerRequest(
        Epilogue.NONE,
        Numerics.FLOAT32,
        functions,
        List.of(new WorkerRequest.Check(shape.problem(), policy.threads())),
        List.of(shape.problem()),
        policy,
        seed);
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

  /** One for each form of weights that the bundle which serves a shape takes. */
  private List<Ours> ours(Dense shape) {
    return forms(bundles, shape).stream()
        .map(function -> new Ours(form(function), function))
        .toList();
  }

  private List<Backend.Vendor> others(Dense shape) {
    if (rival.isEmpty()) {
      return libraries.stream().filter(one -> !leftOut.contains(one.function())).toList();
    }
    return forms(rival.filter(CpuBenchmark::isPlainDense).stream().toList(), shape).stream()
        .map(function -> new Backend.Vendor("the other bundle", "", form(function), function))
        .toList();
  }

  private static WeightsForm form(WorkerRequest.Function bundle) {
    return bundle.kind() == WorkerRequest.Kind.PREPARED_BUNDLE
        ? WeightsForm.PREPARED
        : WeightsForm.PLAIN;
  }

  /**
   * The bundle with the fewest variables that can take the shape, with its variables' values: once
   * for each form of weights that it was tuned for.
   */
  private static List<WorkerRequest.Function> forms(List<Bundle> bundles, Dense shape) {
    for (Bundle bundle : bundles) {
      Workload workload = bundle.manifest().workload().anywhere();
      Optional<long[]> values = shape.solve(workload);
      if (values.isPresent()) {
        WorkerRequest.Function function =
            WorkerRequest.Function.bundle(
                bundle.folder(), bundle.digest(), Arrays.stream(values.get()).boxed().toList());
        return bundle.manifest().preparesToo()
            ? List.of(function, function.preparing(true))
            : List.of(function.preparing(workload.prepares()));
      }
    }
    return List.of();
  }

  /** Whether a bundle computes what is compared here. */
  private static boolean isPlainDense(Bundle bundle) {
    Workload workload = bundle.manifest().workload().anywhere();
    return !workload.operator().isBatched()
        && workload.operator().secondIsNk()
        && workload.epilogue() == Epilogue.NONE;
  }
}
