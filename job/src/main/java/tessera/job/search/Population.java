package tessera.job.search;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import tessera.job.predict.MeasuredCost;
import tessera.job.predict.Objective;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.SearchSpace;
import tessera.trial.Trial;

/** The trials of a search: which candidates it has seen, and what those that worked should take. */
public final class Population {
  private final SearchSpace space;
  private final Objective objective;
  private final double peakGflops;
  private final Set<MicroKernel> seen = new HashSet<>();
  private final Predictions predictions;

  public Population(SearchSpace space, Objective objective, double peakGflops) {
    this.space = space;
    this.objective = objective;
    this.peakGflops = peakGflops;
    this.predictions = new Predictions(objective);
  }

  public void add(List<Trial> trials) {
    for (Trial trial : trials) {
      seen.add(trial.kernel());
      if (trial.isOk()) {
        MicroKernelCost cost = MeasuredCost.of(space.family(trial.kernel()), trial, peakGflops);
        predictions.put(trial.kernel(), objective.seconds(trial.kernel(), cost));
      }
    }
  }

  /** Those that worked, by their predicted seconds on the instances of the objective. */
  public Ranking ranking() {
    return new Ranking(space, objective, predictions);
  }

  /** Whether a micro-kernel was measured, and failed. */
  public boolean hasFailed(MicroKernel kernel) {
    return seen.contains(kernel) && !predictions.contains(kernel);
  }

  /** Claims a candidate: true the first time, false for what was proposed or measured before. */
  public boolean isNew(MicroKernel kernel) {
    return seen.add(kernel);
  }

  /** Whether a micro-kernel was measured or is about to be. */
  public boolean contains(MicroKernel kernel) {
    return seen.contains(kernel);
  }

  boolean isEmpty() {
    return predictions.isEmpty();
  }

  /** The least seconds known for each instance. */
  public double[] best() {
    return predictions.best();
  }
}
