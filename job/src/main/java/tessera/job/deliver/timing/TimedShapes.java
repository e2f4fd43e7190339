package tessera.job.deliver.timing;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import tessera.job.run.TuningRun;
import tessera.workload.Instance;
import tessera.workload.Workload;
import tessera.workload.timed.Coverage;
import tessera.workload.timed.Sampling;

/**
 * Which shapes the end of a run times: as many as its effort asks for, as many others beside them
 * as bring all of the workload within {@link Coverage#FACTOR} of one, more of few rows where
 * register tiles have few, and some beyond the range.
 */
public final class TimedShapes {
  /**
   * The share of a budget's seconds in which a step may time others within the range, and that for
   * more shapes of few rows.
   */
  private static final double COVERING_SHARE = 0.1;

  /** The share of a budget's seconds in which a step may time shapes beyond the range. */
  private static final double BEYOND_SHARE = 0.03;

  /** Shapes of few rows that are timed differ by no more than that, times as many rows. */
  private static final double FEW_ROWS_FACTOR = 1.2;

  /** So many others are looked for at most. */
  private static final int MOST_OTHERS = 128;

  /** Shapes beyond the range that are timed beside the vendors' libraries. */
  private static final int MOST_REPORTED_BEYOND = 3;

  private final TuningRun run;
  private final DeliveryEffort effort;
  private final Sampling sampling;

  /** What was found before: a workload may have a million instances. */
  private final Map<List<Instance>, Coverage> found = new HashMap<>();

  public TimedShapes(TuningRun run, DeliveryEffort effort) {
    this.run = run;
    this.effort = effort;
    this.sampling = run.settings().sampling();
  }

  /**
   * Those of a contest.
   *
   * @param share of the contest that there is time for
   */
  public List<Instance> contest(double share) {
    List<Instance> sample = effort.contestInstances(run.workload(), share);
    return widened(sample, contestSeconds());
  }

  private ToDoubleFunction<List<Instance>> contestSeconds() {
    return some -> effort.contestSeconds(run.workload(), some, run.peakGflops());
  }

  /** Those that the dispatcher is trained on. */
  public List<Instance> dispatch() {
    return widened(run.workload().sampledTowardsShort(effort.dispatching()), dispatchSeconds());
  }

  private ToDoubleFunction<List<Instance>> dispatchSeconds() {
    return some -> effort.dispatchSeconds(run.workload(), some, run.peakGflops());
  }

  /** Those that are timed beside the vendors' libraries. */
  public List<Instance> reported() {
    List<Instance> shapes = new ArrayList<>(sampling.of(run.workload(), effort.reported()));
    List<Instance> beyond =
        beyond(some -> effort.reportSeconds(run.workload(), some, run.peakGflops()));
    shapes.addAll(beyond.subList(0, Math.min(MOST_REPORTED_BEYOND, beyond.size())));
    return shapes;
  }

  /** Those, of others, on which the finished dispatcher is tried. */
  public List<Instance> heldOut(List<Instance> unknown) {
    Workload others = run.workload().withInstances(unknown);
    if (sampling == Sampling.EVEN) {
      return others.sampled(effort.heldOut());
    }
    return sampling.of(others, effort.heldOutOf(others));
  }

  /** What the run takes longer by others and by shapes beyond the range. */
  public double seconds() {
    List<Instance> contest = effort.contestInstances(run.workload(), 1);
    List<Instance> dispatch = run.workload().sampledTowardsShort(effort.dispatching());
    return contestSeconds().applyAsDouble(without(contest(1), contest))
        + dispatchSeconds().applyAsDouble(without(dispatch(), dispatch));
  }

  /** Says where there is no time for as many shapes as it takes. */
  public void remark() {
    Coverage coverage = covered(effort.contestInstances(run.workload(), 1), contestSeconds());
    if (!coverage.isClose()) {
      run.progress()
          .remark(
              String.format(
                  Locale.ROOT,
                  "there is time for %d shapes in the contest: others of the range are up to %.1f times as large or small as the nearest of them, and not %.1f times; more --seconds or a narrower range bring them closer",
                  coverage.instances().size(),
                  coverage.factor(),
                  Coverage.FACTOR));
    }
  }

  private List<Instance> widened(List<Instance> sample, ToDoubleFunction<List<Instance>> seconds) {
    List<Instance> shapes = new ArrayList<>(withFewRows(sample, seconds));
    shapes.addAll(beyond(seconds));
    return shapes;
  }

  /** What covers the range, and more shapes of few rows where there is time for them. */
  private List<Instance> withFewRows(
      List<Instance> sample, ToDoubleFunction<List<Instance>> seconds) {
    List<Instance> covering = covered(sample, seconds).instances();
    List<List<Long>> values = new ArrayList<>(covering.stream().map(Instance::values).toList());
    values.addAll(ofFewRows(covering));
    List<Instance> shapes = Workload.at(run.workload().ordered(), values);
    return fits(without(shapes, covering), seconds) ? shapes : covering;
  }

  /** Those of few rows that are far from all of some, the fewest first. */
  private List<List<Long>> ofFewRows(List<Instance> some) {
    if (sampling == Sampling.EVEN || effort.traits().fewRows() == 0) {
      return List.of();
    }
    List<Long> timed = new ArrayList<>(some.stream().map(this::rows).toList());
    List<List<Long>> others = new ArrayList<>();
    run.workload().instances().stream()
        .filter(instance -> rows(instance) <= effort.traits().fewRows())
        .sorted(Comparator.comparingLong(this::rows))
        .forEach(
            instance -> {
              if (timed.stream().noneMatch(rows -> isNear(rows, rows(instance)))) {
                timed.add(rows(instance));
                others.add(instance.values());
              }
            });
    return others;
  }

  private long rows(Instance instance) {
    return run.workload().problem(instance.shape()).gemm().m();
  }

  private static boolean isNear(long some, long others) {
    return Math.max(some, others) <= FEW_ROWS_FACTOR * Math.min(some, others);
  }

  private Coverage covered(List<Instance> sample, ToDoubleFunction<List<Instance>> seconds) {
    return found.computeIfAbsent(sample, any -> covered(any, seconds, MOST_OTHERS));
  }

  /** With as many others as there is time for. */
  private Coverage covered(
      List<Instance> sample, ToDoubleFunction<List<Instance>> seconds, int most) {
    Coverage coverage = sampling.around(run.workload(), sample, most);
    List<Instance> others = without(coverage.instances(), sample);
    return others.isEmpty() || fits(others, seconds)
        ? coverage
        : covered(sample, seconds, others.size() / 2);
  }

  private boolean fits(List<Instance> others, ToDoubleFunction<List<Instance>> seconds) {
    return seconds.applyAsDouble(others) <= COVERING_SHARE * budget();
  }

  /** As many as there is time for, those that are most worth it first. */
  private List<Instance> beyond(ToDoubleFunction<List<Instance>> seconds) {
    List<Instance> chosen = new ArrayList<>();
    for (Instance shape : run.beyond()) {
      chosen.add(shape);
      if (seconds.applyAsDouble(chosen) > BEYOND_SHARE * budget()) {
        chosen.remove(shape);
      }
    }
    return chosen;
  }

  private double budget() {
    return run.settings().budget().seconds();
  }

  private static List<Instance> without(List<Instance> some, List<Instance> others) {
    Set<List<Long>> known = new HashSet<>();
    others.forEach(instance -> known.add(instance.values()));
    return some.stream().filter(instance -> !known.contains(instance.values())).toList();
  }
}
