package tessera.job.deliver.timing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import tessera.dispatch.LaunchPlan;
import tessera.job.predict.Extrapolation;
import tessera.job.run.TuningRun;
import tessera.job.search.ComparisonTimer;
import tessera.measure.Deadline;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.Tiling;
import tessera.operator.Operator;
import tessera.operator.Problem;
import tessera.trial.Lap;

/** Measured times of micro-kernels, and of plans over them, on real instances. */
public final class DeliveryTimer {
  /**
   * Rounds beside the vendors' libraries, whatever the effort: with several threads, fewer are at
   * the mercy of what else the machine does.
   */
  static final int REPORT_ROUNDS = 5;

  private final TuningRun run;
  private final int rounds;
  private final ComparisonTimer timer;
  private final boolean delivered;
  private final Set<MicroKernel> failing;

  /** Libraries that failed, by their labels. */
  private final Set<String> leftOut;

  /** Beyond the tuned range: they come last, since time may end before. */
  private final Set<Problem> beyond;

  /**
   * @param rounds timed blocks of each kernel on each instance
   */
  public DeliveryTimer(TuningRun run, int rounds) {
    this(run, rounds, run.timer());
  }

  public DeliveryTimer(TuningRun run, int rounds, ComparisonTimer timer) {
    this(
        run,
        rounds,
        timer,
        false,
        new HashSet<>(),
        new HashSet<>(),
        new HashSet<>(run.workload().problems(run.beyond())));
  }

  private DeliveryTimer(
      TuningRun run,
      int rounds,
      ComparisonTimer timer,
      boolean delivered,
      Set<MicroKernel> failing,
      Set<String> leftOut,
      Set<Problem> beyond) {
    this.run = run;
    this.rounds = rounds;
    this.timer = timer;
    this.delivered = delivered;
    this.failing = failing;
    this.leftOut = leftOut;
    this.beyond = beyond;
  }

  /**
   * Times of kernels as a bundle has them, rather than as built for the paths that the timed
   * problems take.
   */
  public DeliveryTimer delivered() {
    return new DeliveryTimer(run, rounds, timer, true, failing, leftOut, beyond);
  }

  /**
   * Those of some micro-kernels that can be built for some problems.
   *
   * @param until when the last of them may begin, one after the other
   */
  public List<MicroKernel> buildable(
      List<MicroKernel> kernels, List<Problem> problems, Deadline until) {
    return timer.buildable(kernels, problems, until);
  }

  /** Which of some micro-kernels are timed on which of some shapes, both by their places. */
  public interface Mask {
    /** All on all. */
    Mask ALL = (kernel, shape) -> true;

    boolean contains(int kernel, int shape);

    /**
     * The micro-kernels whose prices are near the least of a shape, and each where it is nearest.
     *
     * @param prices of [kernel][shape]
     * @param threshold times the least price of a shape
     */
    static Mask contenders(double[][] prices, double threshold) {
      double[][] behind = behind(prices);
      double[] nearest =
          Arrays.stream(behind)
              .mapToDouble(row -> Arrays.stream(row).min().orElseThrow())
              .toArray();
      return (kernel, i) -> behind[kernel][i] <= Math.max(threshold, nearest[kernel]);
    }

    /** Times the least price of a shape. */
    private static double[][] behind(double[][] prices) {
      double[] least = Extrapolation.fastest(prices);
      return Arrays.stream(prices)
          .map(row -> IntStream.range(0, row.length).mapToDouble(i -> row[i] / least[i]).toArray())
          .toArray(double[][]::new);
    }
  }

  /** Whether a micro-kernel failed in any timing so far. */
  public boolean hasFailed(MicroKernel kernel) {
    return failing.contains(kernel);
  }

  /**
   * Seconds of [kernel][problem] where a mask has them; NaN where one was not timed or failed.
   * Several threads are not timed, since machines are seldom that quiet: one core is measured, and
   * adapted to all by the wave efficiency, which is arithmetic.
   *
   * @param until when the last problem may begin; those before it are spread over all
   */
  public double[][] of(
      List<MicroKernel> kernels, List<Problem> problems, Mask mask, Deadline until) {
    List<int[]> taking = new ArrayList<>();
    List<ComparisonTimer.Group> groups = new ArrayList<>();
    for (int i = 0; i < problems.size(); i++) {
      int problem = i;
      int[] here =
          IntStream.range(0, kernels.size()).filter(k -> mask.contains(k, problem)).toArray();
      taking.add(here);
      groups.add(
          new ComparisonTimer.Group(
              problems.get(i), Arrays.stream(here).mapToObj(kernels::get).toList()));
    }
    List<ComparisonTimer.Result> results = time(groups, rounds, 1, delivered, false, until);
    double[][] seconds = new double[kernels.size()][problems.size()];
    Arrays.stream(seconds).forEach(row -> Arrays.fill(row, Double.NaN));
    for (int i = 0; i < problems.size(); i++) {
      for (int k = 0; k < taking.get(i).length; k++) {
        int kernel = taking.get(i)[k];
        seconds[kernel][i] =
            results.get(i).kernels().get(k).seconds()
                / threadsGain(kernels.get(kernel), problems.get(i));
      }
    }
    return seconds;
  }

  /**
   * Whether none fails on a problem as a bundle has them, with all their paths.
   *
   * @param until when the last of them may begin; one that does not begin is taken to work
   */
  public boolean areDeliverable(List<MicroKernel> kernels, Problem problem, Deadline until) {
    List<ComparisonTimer.Group> alone =
        kernels.stream()
            .map(kernel -> new ComparisonTimer.Group(problem, List.of(kernel)))
            .toList();
    time(alone, 1, 1, true, false, until);
    return kernels.stream().noneMatch(this::hasFailed);
  }

  /** By what all threads are faster than one. */
  private double threadsGain(MicroKernel kernel, Problem problem) {
    int threads = run.settings().threads();
    Tiling tiling = run.space().family(kernel).tiling(kernel);
    return threads > 1 ? tiling.adaptation(problem.gemm(), threads).waveEfficiency() * threads : 1;
  }

  /**
   * Seconds of each problem by a plan of its own, whose parts run one after the other; NaN where
   * one of them failed or was not timed.
   */
  public double[] of(
      List<LaunchPlan> plans, List<MicroKernel> kernels, List<Problem> problems, Deadline until) {
    LoneKernels groups = new LoneKernels();
    List<List<Integer>> parts = new ArrayList<>();
    for (int i = 0; i < problems.size(); i++) {
      Operator operator = problems.get(i).operator();
      parts.add(
          plans.get(i).parts(problems.get(i).gemm()).stream()
              .map(
                  part ->
                      groups.place(Problem.of(operator, part.shape()), kernels.get(part.kernel())))
              .toList());
    }
    double[] seconds = groups.seconds(until);
    return parts.stream()
        .mapToDouble(places -> places.stream().mapToDouble(place -> seconds[place]).sum())
        .toArray();
  }

  /** Kernels alone on problems, each on each but once: plans have parts in common. */
  private final class LoneKernels {
    private final Map<ComparisonTimer.Group, Integer> places = new LinkedHashMap<>();

    int place(Problem problem, MicroKernel kernel) {
      return places.computeIfAbsent(
          new ComparisonTimer.Group(problem, List.of(kernel)), group -> places.size());
    }

    double[] seconds(Deadline until) {
      List<ComparisonTimer.Group> groups = List.copyOf(places.keySet());
      List<ComparisonTimer.Result> results = time(groups, rounds, 1, delivered, false, until);
      double[] seconds = new double[groups.size()];
      for (int i = 0; i < seconds.length; i++) {
        ComparisonTimer.Group group = groups.get(i);
        seconds[i] =
            results.get(i).kernels().get(0).seconds()
                / threadsGain(group.kernels().get(0), group.problem());
      }
      return seconds;
    }
  }

  /** Kernels as a bundle has them, with all threads, and the vendors' libraries beside them. */
  public List<ComparisonTimer.Result> besideVendors(
      List<ComparisonTimer.Group> groups, Deadline until) {
    return time(groups, REPORT_ROUNDS, run.settings().threads(), true, true, until);
  }

  /** Begins groups in an order that is spread over all, since time may end before the last. */
  private List<ComparisonTimer.Result> time(
      List<ComparisonTimer.Group> groups,
      int blocks,
      int threads,
      boolean whole,
      boolean vendors,
      Deadline until) {
    TimingPolicy policy = run.hardware().policy(run.workload(), blocks, threads);
    int[] order = order(groups);
    List<ComparisonTimer.Result> timed =
        timer.time(
            Arrays.stream(order).mapToObj(groups::get).toList(),
            new ComparisonTimer.Terms(policy, whole, vendors, run.peers(), until));
    ComparisonTimer.Result[] results = new ComparisonTimer.Result[order.length];
    for (int i = 0; i < order.length; i++) {
      results[order[i]] = timed.get(i);
      note(groups.get(order[i]), timed.get(i));
    }
    return List.of(results);
  }

  private int[] order(List<ComparisonTimer.Group> groups) {
    int[] spread = Spread.order(groups.size());
    IntPredicate last = place -> beyond.contains(groups.get(place).problem());
    return IntStream.concat(
            Arrays.stream(spread).filter(last.negate()), Arrays.stream(spread).filter(last))
        .toArray();
  }

  private void note(ComparisonTimer.Group group, ComparisonTimer.Result result) {
    for (int k = 0; k < group.kernels().size(); k++) {
      MicroKernel kernel = group.kernels().get(k);
      Lap lap = result.kernels().get(k);
      if (lap.hasFailed() && failing.add(kernel)) {
        run.progress()
            .remark(
                run.space().family(kernel).label(kernel)
                    + " is left out: "
                    + lap.outcome()
                    + " on "
                    + group.problem()
                    + ", "
                    + lap.message());
      }
    }
    for (ComparisonTimer.Beside library : result.vendors()) {
      if (library.lap().hasFailed() && leftOut.add(library.label())) {
        run.progress()
            .remark(
                library.label()
                    + " is left out: "
                    + library.lap().outcome()
                    + ", "
                    + library.lap().message());
      }
    }
  }
}
