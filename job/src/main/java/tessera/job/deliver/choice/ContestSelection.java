package tessera.job.deliver.choice;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import tessera.cost.CostModel;
import tessera.job.deliver.timing.DeliveryEffort;
import tessera.job.deliver.timing.DeliveryTimer;
import tessera.job.deliver.timing.Schedule;
import tessera.job.deliver.timing.TimedShapes;
import tessera.job.predict.Objective;
import tessera.job.run.Search;
import tessera.job.run.TuningRun;
import tessera.job.search.Contest;
import tessera.job.search.Population;
import tessera.job.search.Ranking;
import tessera.job.search.Specialists;
import tessera.measure.Deadline;
import tessera.measure.Outcome;
import tessera.microkernel.MicroKernel;
import tessera.trial.Trial;
import tessera.workload.Instance;

/**
 * Who takes part in a contest after a search: its leaders on all instances, and on each those that
 * should be fastest on it, by the search's trials, and by what the prior and the learned model
 * expect of all the space.
 */
public final class ContestSelection {
  private final TuningRun run;
  private final DeliveryEffort effort;
  private final TimedShapes shapes;

  public ContestSelection(TuningRun run, DeliveryEffort effort, TimedShapes shapes) {
    this.run = run;
    this.effort = effort;
    this.shapes = shapes;
  }

  /**
   * @param unmeasured micro-kernels that the search did not measure, at most
   */
  public Contest of(Search search, int unmeasured) {
    List<MicroKernel> leaders =
        search.leaders(effort.leaders(), Contest.MOST_OF_A_KIND, kernel -> true);
    List<Instance> instances = instances(unmeasured > 0);
    Objective objective =
        new Objective(run.workload(), instances, run.space(), run.settings().threads());
    Population measured = new Population(run.space(), objective, run.target().peakGflops());
    measured.add(search.trials());
    List<Contest.Source> sources = new ArrayList<>();
    sources.add(
        new Contest.Source(List.of(measured.ranking()), effort.specialists(), Integer.MAX_VALUE));
    if (leaders.isEmpty()) {
      return Contest.ofAll(noisy(search, kernel -> true), instances);
    }
    if (unmeasured == 0) {
      return Contest.of(instances, leaders, sources);
    }
    run.progress().phase("looking for specialists of " + instances.size() + " instances");
    Specialists specialists =
        new Specialists(
            run.space(), objective, kernel -> !measured.hasFailed(kernel), run.settings().seed());
    CostModel prior = kernel -> run.space().family(kernel).prior(kernel);
    List<Ranking> expected =
        List.of(specialists.expectedBy(prior), specialists.expectedBy(search.model()));
    sources.add(new Contest.Source(expected, effort.specialists(), unmeasured));
    return built(Contest.of(instances, leaders, sources), measured);
  }

  /** Others that were right in the search, where all that took part so far have failed. */
  public Contest others(Search search, Set<MicroKernel> tried) {
    Predicate<MicroKernel> untried = kernel -> !tried.contains(kernel);
    List<MicroKernel> leaders = search.leaders(effort.leaders(), Contest.MOST_OF_A_KIND, untried);
    return Contest.ofAll(leaders.isEmpty() ? noisy(search, untried) : leaders, instances(false));
  }

  /** What was right, though its times could not be used: all that there is on a busy machine. */
  private List<MicroKernel> noisy(Search search, Predicate<MicroKernel> eligible) {
    return search.trials().stream()
        .filter(trial -> trial.outcome() == Outcome.NOISY)
        .map(Trial::kernel)
        .filter(eligible)
        .limit(effort.leaders())
        .toList();
  }

  /** Without what cannot be built, or not in the time that there is; the first are built first. */
  private Contest built(Contest contest, Population measured) {
    List<MicroKernel> unmeasured =
        contest.everyone().stream().filter(kernel -> !measured.contains(kernel)).toList();
    run.progress().phase("building up to " + unmeasured.size() + " of them");
    Deadline until = new Schedule(run, effort).end(Schedule.Step.BUILD);
    DeliveryTimer times = new DeliveryTimer(run, effort.rounds());
    Set<MicroKernel> built =
        new HashSet<>(
            times.buildable(unmeasured, run.workload().problems(contest.instances()), until));
    return contest.among(kernel -> measured.contains(kernel) || built.contains(kernel));
  }

  /** As many instances as there is time for. */
  private List<Instance> instances(boolean building) {
    double contest = effort.contestSeconds(run.workload(), run.peakGflops());
    double left =
        new Schedule(run, effort).secondsLeft()
            - effort.seconds(run.workload(), effort.contestInstances(), run.peakGflops())
            - shapes.seconds()
            - (building ? effort.unmeasuredSeconds(run.settings().budget()) : 0);
    return shapes.contest((left + contest) / contest);
  }
}
