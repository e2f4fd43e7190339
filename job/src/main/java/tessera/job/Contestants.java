package tessera.job;

import java.util.ArrayList;
import java.util.List;
import tessera.cost.CostModel;
import tessera.job.search.Contest;
import tessera.job.search.Objective;
import tessera.job.search.Population;
import tessera.job.search.Specialists;
import tessera.microkernel.MicroKernel;
import tessera.workload.Instance;

/**
 * Who takes part in a contest after a search: its leaders on all instances, and on each those that
 * should be fastest on it, by the search's trials, and by what the prior and the learned model
 * expect of all the space.
 */
final class Contestants {
  /** Share of the fresh micro-kernels that a contest has however short the time. */
  private static final double LEAST_FRESH = 0.25;

  private final TuningRun run;
  private final DeliveryEffort effort;

  Contestants(TuningRun run, DeliveryEffort effort) {
    this.run = run;
    this.effort = effort;
  }

  /**
   * @param fresh micro-kernels that the search did not measure, at most
   */
  Contest of(Search search, int fresh) {
    List<MicroKernel> leaders = search.leaders(effort.leaders(), Contest.MOST_OF_A_KIND);
    List<Instance> instances = instances();
    Objective objective =
        new Objective(run.workload(), instances, run.space(), run.settings().threads());
    Population measured = new Population(run.space(), objective, run.target().peakGflops());
    measured.add(search.trials());
    List<Contest.Source> sources = new ArrayList<>();
    sources.add(new Contest.Source(measured, effort.specialists(), Integer.MAX_VALUE));
    if (fresh > 0 && !leaders.isEmpty()) {
      run.progress().phase("looking for specialists of " + instances.size() + " instances");
      Specialists specialists =
          new Specialists(
              run.space(), objective, kernel -> !measured.hasFailed(kernel), run.settings().seed());
      CostModel prior = kernel -> run.space().family(kernel).prior(kernel);
      List<Population> expected =
          List.of(specialists.expectedBy(prior), specialists.expectedBy(search.model()));
      int each = affordable(search, fresh) / expected.size();
      expected.forEach(pool -> sources.add(new Contest.Source(pool, effort.specialists(), each)));
    }
    return Contest.of(instances, leaders, sources);
  }

  /** As many instances as there is time for. */
  private List<Instance> instances() {
    double contest = effort.contestSeconds(run.workload(), run.peakGflops());
    return effort.screened(run.workload(), (secondsLeft() + contest) / contest);
  }

  /** Of the budget, beyond what is still to be done. */
  private double secondsLeft() {
    return run.settings().budget().seconds()
        - run.progress().elapsedSeconds()
        - effort.seconds(run.workload(), run.peakGflops());
  }

  /** Of the fresh ones, those that can be built in the time that is left. */
  private int affordable(Search search, int fresh) {
    double built =
        search.trials().stream()
            .mapToDouble(trial -> 1e-9 * trial.buildNanos())
            .average()
            .orElse(0);
    double each = built / run.spark().sparkContext().defaultParallelism();
    double left = secondsLeft() + effort.freshSeconds(run.workload());
    return (int) Math.min(fresh, Math.max(LEAST_FRESH * fresh, left / each));
  }
}
