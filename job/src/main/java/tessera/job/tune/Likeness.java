package tessera.job.tune;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import tessera.Count;
import tessera.backend.Hardware;
import tessera.backend.Target;
import tessera.job.warm.FormerCosts;
import tessera.job.warm.FormerRun;
import tessera.job.warm.WarmStart;
import tessera.trial.Trial;
import tessera.workload.Workload;

/**
 * How much a former run is like one that is to begin. It must compute the same operator in the same
 * types on the same kind of hardware; extents, lengths and the epilogue may differ, since what a
 * micro-kernel takes for a multiply-add hardly depends on them.
 *
 * @param target of the run that is to begin
 */
public record Likeness(Target target, Workload workload) {
  /** Runs that are used at most: more say little that is new. */
  private static final int MOST_RUNS = 12;

  /** What is to be tuned, in words. */
  String words() {
    return "workload '" + workload.name() + "' on " + target.words();
  }

  /** Why nothing of a run can be used; empty where something can. */
  Optional<String> obstacle(FormerRun run) {
    Target then = run.hardware().target();
    Workload its = run.workload();
    if (!then.kind().equals(target.kind())) {
      return Optional.of(
          "it was measured on "
              + then.model()
              + ", of the back end "
              + then.kind()
              + ", not "
              + target.kind());
    }
    if (!its.operator().equals(workload.operator())) {
      return Optional.of(
          "its operator is " + its.operator().key() + ", not " + workload.operator().key());
    }
    if (!its.numerics().equals(workload.numerics())) {
      return Optional.of(
          "it computes in " + its.numerics().words() + ", not in " + workload.numerics().words());
    }
    if (run.trials().stream().noneMatch(Trial::isOk) && run.portfolio().isEmpty()) {
      return Optional.of(
          run.trials().isEmpty()
              ? "it has no finished round"
              : "none of its " + run.trials().size() + " trials was right");
    }
    return costs(run).isEmpty()
        ? Optional.of("this hardware and search space have none of its micro-kernels")
        : Optional.empty();
  }

  private FormerCosts costs(FormerRun run) {
    return new FormerCosts(new WarmStart(List.of(run)), Hardware.of(target).space(workload));
  }

  /**
   * Those on the nearest hardware, the most alike first.
   *
   * @param runs that fit
   * @param remarks hears of each that is left out
   */
  List<FormerRun> nearest(List<FormerRun> runs, List<String> remarks) {
    int least = runs.stream().mapToInt(this::distance).min().orElse(0);
    List<FormerRun> near = new ArrayList<>();
    for (FormerRun run : runs) {
      if (distance(run) == least) {
        near.add(run);
      } else {
        remarks.add(
            run.name()
                + " is left out: it was measured on "
                + run.hardware().target().words()
                + ", and others on hardware that is nearer to "
                + target.words());
      }
    }
    near.sort(
        Comparator.comparing((FormerRun run) -> !isSameWorkload(run))
            .thenComparing(Comparator.comparing(Likeness::begun).reversed()));
    near.stream()
        .skip(MOST_RUNS)
        .forEach(
            run ->
                remarks.add(
                    run.name()
                        + " is left out: "
                        + MOST_RUNS
                        + " others are more like it or newer"));
    return near.stream().limit(MOST_RUNS).toList();
  }

  /** Equal hardware first, then by what its micro-kernels can be. */
  private int distance(FormerRun run) {
    Target then = run.hardware().target();
    return then.fingerprint().equals(target.fingerprint()) ? 0 : 1 + target.distance(then);
  }

  private boolean isSameWorkload(FormerRun run) {
    return run.workload().extents().equals(workload.extents());
  }

  /** When a run began, as its name says it behind the workload's. */
  private static String begun(FormerRun run) {
    return run.name().replaceFirst(".*(\\d{8}-\\d{6}-\\d{3})$", "$1");
  }

  /** A sentence on each run that is used. */
  List<String> words(WarmStart start) {
    return start.runs().stream().map(this::words).toList();
  }

  private String words(FormerRun run) {
    FormerCosts costs = costs(run);
    int lacking = costs.leftOut();
    return "warm start from "
        + run.name()
        + " on "
        + run.hardware().target().words()
        + ": "
        + (run.trials().isEmpty()
            ? "its log is not there, only its bundle"
            : Count.of(costs.rows(), "timing"))
        + (run.portfolio().isEmpty()
            ? ""
            : ", " + Count.of(run.portfolio().size(), "micro-kernel") + " of its bundle")
        + (lacking == 0
            ? ""
            : "; left out: "
                + Count.of(lacking, "micro-kernel")
                + " that this hardware cannot run");
  }
}
