package tessera.backend.cuda.prior;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tessera.backend.Backend;
import tessera.measure.Deadline;
import tessera.measure.Patience;
import tessera.measure.TimingPolicy;
import tessera.microkernel.MeasuredKernel;
import tessera.microkernel.MicroKernel;
import tessera.operator.GemmShape;
import tessera.operator.Problem;
import tessera.trial.Trial;
import tessera.trial.TrialRunner;
import tessera.workload.Workload;

/** Builds, verifies and times points as a search does: by trials. */
public final class PriorTimes {
  private static final long SEED = 1;

  private final Backend backend;
  private final PrintStream to;

  /**
   * @param to is told of each point that has no times, and why
   */
  public PriorTimes(Backend backend, PrintStream to) {
    this.backend = backend;
    this.to = to;
  }

  /** Compiles points by all cores, so that no compile runs beside a timing. */
  void build(List<PriorSubject> subjects) {
    subjects.stream()
        .flatMap(
            subject ->
                subject.points().stream()
                    .<Runnable>map(
                        point ->
                            () ->
                                backend.buildForTrial(
                                    subject.workload,
                                    point,
                                    problems(subject.workload, subject.shapes))))
        .toList()
        .parallelStream()
        .forEach(Runnable::run);
  }

  private static List<Problem> problems(Workload workload, List<GemmShape> shapes) {
    return shapes.stream().map(shape -> Problem.of(workload.operator(), shape)).toList();
  }

  /** The times of some points on each of some shapes. */
  public List<MeasuredKernel> of(
      Workload workload, List<MicroKernel> points, List<GemmShape> shapes) {
    TimingPolicy policy = backend.hardware().policy(workload, TimingPolicy.TRIAL_ROUNDS, 1);
    List<MeasuredKernel> times = new ArrayList<>();
    try (TrialRunner runner = new TrialRunner(List.of(backend), workload, SEED, Patience.USUAL)) {
      for (MicroKernel point : points) {
        Trial trial = runner.run(point, policy, problems(workload, shapes), Deadline.NEVER);
        if (trial.isOk()) {
          times(trial, shapes).forEach(times::add);
        } else {
          to.println(point.key() + ": " + trial.outcome() + ", " + trial.message());
        }
      }
    }
    return times;
  }

  private Stream<MeasuredKernel> times(Trial trial, List<GemmShape> shapes) {
    double peak = backend.target().peakGflops();
    return IntStream.range(0, shapes.size())
        .mapToObj(
            i ->
                new MeasuredKernel(
                    trial.kernel(), shapes.get(i), trial.timings().get(i).seconds(peak)));
  }
}
