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

  /** Each number of few rows is at most so many times one that is timed, or the other way round. */
  private static final double FEW_ROWS_FACTOR = 1.2;

  /** So many others are looked for at most. */
  private static final int MOST_OTHERS = 128;

  /** Shapes beyond the range that are timed beside the vendors' libraries. */
  private static final int MOST_REPORTED_BEYOND = 3;

  private final TuningRun run;
  private final DeliveryEffort effort;
  private final Sampling sampling;

  private enum Step {
    CONTEST,
    DISPATCH
  }

  /** A sample that is to cover the range in the time that a step has. */
  private record Asked(Step step, List<Instance> sample) {}

  /** What was found before: a workload may have a million instances. */
  private final Map<Asked, Coverage> found = new HashMap<>();

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
    return widened(new Asked(Step.CONTEST, sample));
  }

  /** Those that the dispatcher is trained on. */
  public List<Instance> dispatch() {
    List<Instance> sample = run.workload().sampledTowardsShort(effort.dispatching());
    return widened(new Asked(Step.DISPATCH, sample));
  }

  /** What timing some instances takes in a step. */
  private ToDoubleFunction<List<Instance>> seconds(Step step) {
    return step == Step.CONTEST
        ? some -> effort.contestSeconds(run.workload(), some, run.peakGflops())
        : some -> effort.dispatchSeconds(run.workload(), some, run.peakGflops());
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
    return seconds(Step.CONTEST).applyAsDouble(without(contest(1), contest))
        + seconds(Step.DISPATCH).applyAsDouble(without(dispatch(), dispatch));
  }

  /** Says where there is no time for as many shapes as it takes. */
  public void remark() {
    Asked asked = new Asked(Step.CONTEST, effort.contestInstances(run.workload(), 1));
    Coverage coverage = covered(asked);
    if (!coverage.isClose()) {
      run.progress()
          .remark(
              String.format(
                  Locale.ROOT,
                  "there is time for %d shapes in the contest%s: others of the range are up to %.1f times as large or small as the nearest of them, and not %.1f times; more --seconds or a narrower range bring them closer",
                  withFewRows(asked).size(),
                  run.workload().prepares() ? " on prepared weights" : "",
                  coverage.factor(),
                  Coverage.FACTOR));
    }
  }

  private List<Instance> widened(Asked asked) {
    List<Instance> shapes = new ArrayList<>(withFewRows(asked));
    shapes.addAll(beyond(seconds(asked.step())));
    return shapes;
  }

  /** What covers the range, with more shapes of few rows if there is time for all of these. */
  private List<Instance> withFewRows(Asked asked) {
    List<Instance> covering = covered(asked).instances();
    List<List<Long>> few = ofFewRows(covering);
    if (few.isEmpty()) {
      return covering;
    }
    List<List<Long>> values = new ArrayList<>(covering.stream().map(Instance::values).toList());
    values.addAll(few);
    List<Instance> shapes = Workload.at(run.workload().ordered(), values);
    return fits(without(shapes, covering), asked.step()) ? shapes : covering;
  }

  /** Of each number of few rows that is near none of some, the first instance. */
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
              long own = rows(instance);
              if (timed.stream().noneMatch(rows -> isNear(rows, own))) {
                timed.add(own);
                others.add(instance.values());
              }
            });
    return others;
  }

  private long rows(Instance instance) {
    return run.workload().shape(instance.shape()).m();
  }

  private static boolean isNear(long some, long others) {
    return Math.max(some, others) <= FEW_ROWS_FACTOR * Math.min(some, others);
  }

  private Coverage covered(Asked asked) {
    return found.computeIfAbsent(asked, any -> covered(any, MOST_OTHERS));
  }

  /** With as many others as there is time for. */
  private Coverage covered(Asked asked, int most) {
    Coverage coverage = sampling.around(run.workload(), asked.sample(), most);
    List<Instance> others = without(coverage.instances(), asked.sample());
    return others.isEmpty() || fits(others, asked.step())
        ? coverage
        : covered(asked, others.size() / 2);
  }

  private boolean fits(List<Instance> others, Step step) {
    return seconds(step).applyAsDouble(others) <= COVERING_SHARE * budget();
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
