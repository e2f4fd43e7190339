package tessera.job.records;

import java.util.List;
import tessera.job.search.Learner;
import tessera.trial.Trial;

/** Everything that a run measured: append-only, a round at a time, whole or not at all. */
public interface TrialLog {
  /** Adds a round; what was appended before is never touched. */
  void append(int round, List<Trial> trials, Learner.Scores scores, double busyShare);

  /** All trials of all whole rounds, in order. */
  List<Trial> read();

  /** The number that the next round gets. */
  int nextRound();
}
