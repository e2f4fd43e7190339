package tessera.job;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import tessera.cost.Adaptation;
import tessera.dispatch.LaunchPlan;
import tessera.job.search.InstanceTimer;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.Tiling;
import tessera.workload.GemmShape;

/** Measured times of micro-kernels, and of plans over them, on real instances. */
final class InstanceTimes {
  /**
   * Rounds beside the vendors' libraries, whatever the effort: with several threads, fewer are at
   * the mercy of what else the machine does.
   */
  static final int REPORT_ROUNDS = 5;

  private final TuningRun run;
  private final int rounds;
  private final InstanceTimer timer;

  /**
   * @param rounds timed blocks of each kernel on each instance
   */
  InstanceTimes(TuningRun run, int rounds) {
    this(run, rounds, run.measurer(List.of()));
  }

  InstanceTimes(TuningRun run, int rounds, InstanceTimer timer) {
    this.run = run;
    this.rounds = rounds;
    this.timer = timer;
  }

  /** Those of some micro-kernels that can be built for some shapes. */
  List<MicroKernel> buildable(List<MicroKernel> kernels, List<GemmShape> shapes) {
    return buildable(kernels, shapes, InstanceTimer.NEVER);
  }

  /**
   * @param until when the last of them may begin, one after the other
   */
  List<MicroKernel> buildable(List<MicroKernel> kernels, List<GemmShape> shapes, Instant until) {
    return timer.buildable(kernels, shapes, until);
  }

  /**
   * Seconds of [kernel][shape]. Several threads are not timed, since machines are seldom that
   * quiet: one core is measured, and adapted to all by the wave efficiency, which is arithmetic.
   *
   * @throws IllegalStateException when one of the kernels fails
   */
  double[][] of(List<MicroKernel> kernels, List<GemmShape> shapes) {
    double[][] seconds = timer.time(kernels, shapes, policy(rounds, 1), false).seconds();
    for (int kernel = 0; kernel < kernels.size(); kernel++) {
      for (int i = 0; i < shapes.size(); i++) {
        seconds[kernel][i] /= threadsGain(kernels.get(kernel), shapes.get(i));
      }
    }
    return seconds;
  }

  /** Which of some micro-kernels are timed on which of some shapes, both by their places. */
  interface Pairs {
    boolean contain(int kernel, int shape);
  }

  /** Seconds of some pairs as of all; NaN for all others, and for a kernel that fails there. */
  double[][] of(List<MicroKernel> kernels, List<GemmShape> shapes, Pairs pairs) {
    List<int[]> taking = new ArrayList<>();
    List<InstanceTimer.Heat> heats = new ArrayList<>();
    for (int i = 0; i < shapes.size(); i++) {
      int at = i;
      int[] here = IntStream.range(0, kernels.size()).filter(k -> pairs.contain(k, at)).toArray();
      taking.add(here);
      heats.add(
          new InstanceTimer.Heat(
              shapes.get(i), Arrays.stream(here).mapToObj(kernels::get).toList()));
    }
    List<double[]> timed = of(heats);
    double[][] seconds = new double[kernels.size()][shapes.size()];
    Arrays.stream(seconds).forEach(row -> Arrays.fill(row, Double.NaN));
    for (int i = 0; i < heats.size(); i++) {
      for (int k = 0; k < taking.get(i).length; k++) {
        seconds[taking.get(i)[k]][i] = timed.get(i)[k];
      }
    }
    return seconds;
  }

  private List<double[]> of(List<InstanceTimer.Heat> heats) {
    List<double[]> seconds = timer.time(heats, policy(rounds, 1), false);
    for (int i = 0; i < seconds.size(); i++) {
      InstanceTimer.Heat heat = heats.get(i);
      for (int k = 0; k < heat.kernels().size(); k++) {
        seconds.get(i)[k] /= threadsGain(heat.kernels().get(k), heat.shape());
      }
    }
    return seconds;
  }

  /** Those that work on a shape as a bundle has them, with all their paths. */
  List<MicroKernel> deliverable(List<MicroKernel> kernels, GemmShape shape) {
    List<InstanceTimer.Heat> alone =
        kernels.stream().map(kernel -> new InstanceTimer.Heat(shape, List.of(kernel))).toList();
    List<double[]> seconds = timer.time(alone, policy(1, 1), true);
    return IntStream.range(0, kernels.size())
        .filter(i -> !Double.isNaN(seconds.get(i)[0]))
        .mapToObj(kernels::get)
        .toList();
  }

  /** By what all threads are faster than one. */
  private double threadsGain(MicroKernel kernel, GemmShape shape) {
    int threads = run.settings().threads();
    Tiling tiling = run.space().family(kernel).tiling(kernel);
    return threads > 1 ? Adaptation.of(tiling, shape, threads).waveEfficiency() * threads : 1;
  }

  /** Seconds of each shape by one plan: its parts run one after the other. */
  double[] of(LaunchPlan plan, List<MicroKernel> kernels, List<GemmShape> shapes) {
    double[] sums = new double[shapes.size()];
    for (int kernel : List.of(plan.main(), plan.edge())) {
      List<Integer> at = new ArrayList<>();
      List<GemmShape> own = new ArrayList<>();
      for (int i = 0; i < sums.length; i++) {
        for (LaunchPlan.Part part : plan.parts(shapes.get(i))) {
          if (part.kernel() == kernel) {
            at.add(i);
            own.add(part.shape());
          }
        }
      }
      double[] seconds = own.isEmpty() ? new double[0] : of(List.of(kernels.get(kernel)), own)[0];
      for (int i = 0; i < seconds.length; i++) {
        sums[at.get(i)] += seconds[i];
      }
    }
    return sums;
  }

  /** The kernels as a bundle has them, with all threads, and the vendors' libraries beside them. */
  InstanceTimer.Times besideVendors(List<MicroKernel> kernels, List<GemmShape> shapes) {
    return timer.time(kernels, shapes, policy(REPORT_ROUNDS, run.settings().threads()), true);
  }

  private TimingPolicy policy(int blocks, int threads) {
    return run.device().backend().policy(run.workload(), blocks, threads);
  }
}
