package tessera.job.tune;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tessera.EnvironmentFault;
import tessera.UserError;
import tessera.job.deliver.Delivery;
import tessera.job.deliver.Selection;
import tessera.job.deliver.Served;
import tessera.job.deliver.choice.ContestSelection;
import tessera.job.deliver.timing.DeliveryEffort;
import tessera.job.deliver.timing.TimedShapes;
import tessera.job.records.RunResult;
import tessera.job.run.Progress;
import tessera.job.run.Search;
import tessera.job.run.TuningRun;
import tessera.job.search.Contest;
import tessera.job.search.SearchMethod;
import tessera.microkernel.MicroKernel;
import tessera.operator.Problem;
import tessera.workload.Budget;
import tessera.workload.Instance;

/** One run from workload to published bundle: a search, a contest of its best, their delivery. */
public final class Tuner {
  private final TuningRun run;
  private final DeliveryEffort effort;
  private final TimedShapes shapes;

  public Tuner(TuningRun run) {
    this.run = run;
    this.effort = DeliveryEffort.of(run);
    this.shapes = new TimedShapes(run, effort);
  }

  public Delivery.Result tune() {
    boolean perShape = run.settings().strategy() == SearchMethod.PER_SHAPE;
    if (perShape && run.workload().preparesToo()) {
      run.progress()
          .remark(
              "strategy "
                  + SearchMethod.PER_SHAPE.key()
                  + " searches for one form of weights: the bundle has no kernels for prepared ones; prepare: only in the workload is for these alone");
      return new Tuner(run.plainOnly()).tune();
    }
    shapes.remark();
    Delivery.Result result = perShape ? searchEachShape() : searchForms();
    record(result);
    return result;
  }

  /** One search, or one for prepared weights in the first half of the budget, and one for plain. */
  private Delivery.Result searchForms() {
    return run.workload().preparesToo()
        ? searchJointly(Optional.of(new Tuner(run.preparedOnly()).served()))
        : searchJointly(Optional.empty());
  }

  /** What serves a form of weights, which is published with another. */
  private Served served() {
    Budget budget = run.settings().budget();
    Search search = Search.joint(run);
    shapes.remark();
    run.progress().phase("searching for kernels on prepared weights");
    search.run(run.folder().path(), List.of(), budget, reserved(false, budget));
    ContestSelection contests = new ContestSelection(run, effort, shapes);
    Contest contest = contests.of(search, 0);
    checkAny(contest);
    return selection(budget.seconds(), tried -> contests.others(search, tried)).served(contest);
  }

  /** The bundle is published whether the run's own folder can be written or not. */
  private void record(Delivery.Result result) {
    Progress progress = run.progress();
    try {
      run.folder()
          .write(
              new RunResult(
                  RunResult.SCHEMA_VERSION,
                  result.bundle().absolute().toString(),
                  progress.elapsedSeconds(),
                  progress.waitedSeconds(),
                  progress.measuringSeconds(),
                  progress.overallBusyShare(),
                  progress.contestants(),
                  result.heldOut().shapes(),
                  progress.steps()));
    } catch (UserError | EnvironmentFault e) {
      progress.remark("what the run took is not recorded: " + e.getMessage());
    }
  }

  /**
   * @param seconds from the run's start to its bundle
   */
  private Delivery.Result deliver(
      Contest contest, double seconds, Selection.Reserve reserve, Optional<Served> prepared) {
    checkAny(contest);
    return new Delivery(run, selection(seconds, reserve), prepared).deliver(contest);
  }

  private Selection selection(double seconds, Selection.Reserve reserve) {
    return new Selection(run, effort, shapes, seconds, reserve);
  }

  private void checkAny(Contest contest) {
    if (contest.everyone().isEmpty()) {
      throw new UserError(
          run.progress().allTrials() == 0
              ? "no candidate was measured within the budget ("
                  + run.settings().budget()
                  + "); give more --seconds"
              : "no candidate was right and could be timed; the trial log under "
                  + run.folder().path()
                  + " says why each failed");
    }
  }

  /**
   * One search for all instances, measuring micro-kernels on their own probes.
   *
   * @param prepared what serves prepared weights, where a search before this one found it
   */
  private Delivery.Result searchJointly(Optional<Served> prepared) {
    // random search is a baseline, which nothing else helps
    int unmeasured = run.settings().strategy() == SearchMethod.RANDOM ? 0 : effort.unmeasured();
    Budget whole = run.settings().budget();
    Budget own = prepared.isPresent() ? whole.half() : whole;
    Search search = Search.joint(run);
    run.progress().phase("searching for " + search.instances().size() + " instances");
    search.run(
        run.folder().path(),
        List.of(),
        new Budget(Math.max(1, own.trials() - unmeasured), whole.seconds()),
        reserved(unmeasured > 0, own));
    ContestSelection contests = new ContestSelection(run, effort, shapes);
    return deliver(
        contests.of(search, unmeasured),
        whole.seconds(),
        tried -> contests.others(search, tried),
        prepared);
  }

  /**
   * The way of a static auto-scheduler: every sampled instance is searched alone and measured on
   * itself, with the whole budget. What the last search keeps back is the delivery's.
   */
  private Delivery.Result searchEachShape() {
    List<Search> searches = new ArrayList<>();
    List<Instance> instances = run.sampled();
    Budget whole = run.settings().budget();
    double end = whole.seconds();
    for (int i = 0; i < instances.size(); i++) {
      Problem problem = run.workload().problem(instances.get(i).shape());
      run.progress()
          .phase("searching instance " + (i + 1) + " of " + instances.size() + ", " + problem);
      end = whole.seconds() + run.progress().usedSeconds();
      Search search = Search.alone(run, instances.get(i));
      search.run(
          run.folder().search(i),
          List.of(problem),
          new Budget(whole.trials(), end),
          reserved(false, whole));
      searches.add(search);
    }
    return deliver(
        winners(searches, Set.of()), end, tried -> winners(searches, tried), Optional.empty());
  }

  /** The best of each search, of what was not tried. */
  private Contest winners(List<Search> searches, Set<MicroKernel> tried) {
    List<MicroKernel> winners =
        searches.stream()
            .flatMap(search -> search.leaders(1, 1, kernel -> !tried.contains(kernel)).stream())
            .distinct()
            .toList();
    return Contest.ofAll(winners, shapes.contest(1));
  }

  /**
   * What a search keeps back.
   *
   * @param own its part of the run's budget
   */
  private double reserved(boolean unmeasured, Budget own) {
    return effort.reservedSeconds(
        run.workload(), own, unmeasured, run.peakGflops(), shapes.seconds());
  }
}
