package tessera.job.search;

import java.util.ArrayList;
import java.util.List;
import tessera.microkernel.MicroKernel;
import tessera.trial.Trial;

/**
 * The search.
 *
 * <pre>
 *   strategy ──candidates──> measurer ──trials──> listeners (log, progress)
 *      ^                                   │
 *      └────────model──── learner <────────┘
 * </pre>
 */
public final class TuningLoop {
  /** Hears of every round. */
  public interface Listener {
    default void begins(int round) {}

    /** A round is finished; one in which nothing was measured is begun again instead. */
    void measured(int round, List<Trial> trials, Learner.Scores scores);
  }

  private final Strategy strategy;
  private final Measurer measurer;
  private final Learner learner;
  private final Listener listener;
  private final int batch;

  public TuningLoop(
      Strategy strategy, Measurer measurer, Learner learner, Listener listener, int batch) {
    this.strategy = strategy;
    this.measurer = measurer;
    this.learner = learner;
    this.listener = listener;
    this.batch = batch;
  }

  /**
   * Searches until the budget or the space ends.
   *
   * @param earlier trials of a run that is resumed
   * @param firstRound the number of the first round
   * @return all trials, the earlier ones first
   */
  public List<Trial> run(RunningBudget budget, List<Trial> earlier, int firstRound) {
    List<Trial> all = new ArrayList<>(earlier);
    strategy.measured(earlier);
    int round = firstRound;
    while (budget.remains(all.size(), hasRight(all))) {
      budget.roundStarts();
      listener.begins(round);
      Learner.Learned learned = learner.learn(all);
      int most = Math.min(batch, budget.trialsLeft(all.size()));
      List<MicroKernel> candidates = strategy.propose(most, learned.model());
      if (candidates.isEmpty()) {
        break;
      }
      List<Trial> trials = measurer.measure(candidates, budget.end(hasRight(all)));
      all.addAll(trials);
      strategy.measured(trials);
      if (!trials.isEmpty()) {
        listener.measured(round++, trials, learned.scores());
      }
      budget.roundEnds();
    }
    return all;
  }

  private static boolean hasRight(List<Trial> trials) {
    return trials.stream().anyMatch(Trial::isOk);
  }
}
