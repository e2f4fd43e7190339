package tessera.job.deliver.choice;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import tessera.dispatch.LaunchPlan;
import tessera.job.deliver.timing.DeliveryTimer;
import tessera.job.deliver.timing.Schedule;
import tessera.job.predict.Extrapolation;
import tessera.job.run.TuningRun;
import tessera.job.search.Contest;
import tessera.microkernel.MicroKernel;
import tessera.operator.Problem;
import tessera.workload.Instance;

/**
 * A contest on real instances: those that work there and are nearly the fastest somewhere, timed in
 * two passes.
 *
 * @param kernels that may be chosen
 * @param timed seconds of [kernel][instance] in each pass; NaN where a kernel did not take part
 */
public record ContestTimes(
    List<MicroKernel> kernels, List<Instance> instances, double[][][] timed) {
  /** Times the fastest known; farther behind it is no kernel's luck. */
  private static final double NEARLY = 1.05;

  /**
   * @param remeasureThreshold times the fastest of an instance, up to which it is timed a second
   *     time there
   * @return empty where none of them works
   */
  public static Optional<ContestTimes> of(
      Contest contest,
      TuningRun run,
      DeliveryTimer times,
      double remeasureThreshold,
      Schedule schedule) {
    return new Passes(contest, times, run, schedule).both(remeasureThreshold);
  }

  /** The same without some of the kernels. */
  public ContestTimes without(Predicate<MicroKernel> failing) {
    int[] kept =
        IntStream.range(0, kernels.size()).filter(k -> !failing.test(kernels.get(k))).toArray();
    return new ContestTimes(
        Arrays.stream(kept).mapToObj(kernels::get).toList(),
        instances,
        Arrays.stream(timed)
            .map(pass -> Arrays.stream(kept).mapToObj(k -> pass[k]).toArray(double[][]::new))
            .toArray(double[][][]::new));
  }

  /** What both passes say of all kernels on all instances. */
  public double[][][] passes(TuningRun run) {
    return Arrays.stream(timed)
        .map(
            pass ->
                Extrapolation.filled(
                    pass,
                    run.prices(kernels, table(pass))
                        .seconds(
                            LaunchPlan.singles(kernels.size()), run.workload().shapes(instances))))
        .toArray(double[][][]::new);
  }

  /** What was timed last. */
  public Extrapolation.Table known() {
    return table(timed[timed.length - 1]);
  }

  private Extrapolation.Table table(double[][] pass) {
    return new Extrapolation.Table(instances, pass);
  }

  /** What times a contest. */
  private record Passes(Contest contest, DeliveryTimer times, TuningRun run, Schedule schedule) {
    Optional<ContestTimes> both(double remeasureThreshold) {
      List<Problem> problems = run.workload().problems(contest.instances());
      run.progress().step("contest pass 1");
      List<MicroKernel> built =
          times.buildable(contest.everyone(), problems, schedule.lastResort());
      double[][] first = first(built, problems);
      log(1, built, first);
      List<Integer> sound = keep(built.size(), kernel -> isSound(built.get(kernel), first[kernel]));
      if (sound.isEmpty()) {
        return Optional.empty();
      }
      return Optional.of(
          timedAgain(
              sound.stream().map(built::get).toList(),
              sound.stream().map(kernel -> first[kernel]).toArray(double[][]::new),
              problems,
              remeasureThreshold));
    }

    /** On one instance at least, though the budget is over: nothing is delivered without it. */
    private double[][] first(List<MicroKernel> built, List<Problem> problems) {
      DeliveryTimer.Mask all = (kernel, i) -> takesPart(built.get(kernel), i);
      double[][] first = times.of(built, problems, all, schedule.end(Schedule.Step.CONTEST));
      if (keep(built.size(), kernel -> isSound(built.get(kernel), first[kernel])).isEmpty()) {
        int middle = problems.size() / 2;
        return times.of(
            built,
            problems,
            (kernel, i) -> i == middle && all.contains(kernel, i),
            schedule.lastResort());
      }
      return first;
    }

    /** Whether a kernel never failed, and was timed somewhere. */
    private boolean isSound(MicroKernel kernel, double[] seconds) {
      return !times.hasFailed(kernel)
          && Arrays.stream(seconds).anyMatch(time -> !Double.isNaN(time));
    }

    /** A second pass of those that are nearly the fastest, where they are. */
    private ContestTimes timedAgain(
        List<MicroKernel> all, double[][] seconds, List<Problem> problems, double most) {
      double[] least = Extrapolation.fastest(seconds);
      List<Integer> kept =
          keep(
              all.size(),
              kernel ->
                  IntStream.range(0, least.length)
                      .anyMatch(i -> seconds[kernel][i] <= NEARLY * least[i]));
      List<MicroKernel> kernels = kept.stream().map(all::get).toList();
      double[][] first = kept.stream().map(kernel -> seconds[kernel]).toArray(double[][]::new);
      run.progress().step("contest pass 2");
      double[][] second =
          times.of(
              kernels,
              problems,
              (kernel, i) -> first[kernel][i] <= most * least[i],
              schedule.end(Schedule.Step.AGAIN));
      log(2, kernels, second);
      for (int kernel = 0; kernel < first.length; kernel++) {
        for (int i = 0; i < least.length; i++) {
          double again = second[kernel][i];
          second[kernel][i] = Double.isNaN(again) ? first[kernel][i] : again;
        }
      }
      ContestTimes both =
          new ContestTimes(kernels, contest.instances(), new double[][][] {first, second});
      return both.without(times::hasFailed);
    }

    private void log(int pass, List<MicroKernel> kernels, double[][] seconds) {
      run.logContest(pass, kernels, contest.instances(), seconds);
    }

    private static List<Integer> keep(int count, IntPredicate good) {
      return IntStream.range(0, count).filter(good).boxed().toList();
    }

    private boolean takesPart(MicroKernel kernel, int instance) {
      return contest.kernels().get(instance).contains(kernel);
    }
  }
}
