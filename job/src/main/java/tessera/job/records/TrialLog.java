package tessera.job.records;

import java.util.List;
import java.util.Map;
import tessera.job.search.Learner;
import tessera.microkernel.MicroKernel;
import tessera.trial.Trial;

/** Everything that a run measured: append-only, a round at a time, whole or not at all. */
public interface TrialLog {
  /**
   * A finished round.
   *
   * @param learned what its candidates were proposed by
   * @param busyShare share of wall time in which the devices verified or timed, in the mean; of two
   *     rounds at once, of the time since the trials of the one before came, and at most 1
   * @param seeds the former run of each micro-kernel that one measured before, or one most like it
   */
  record Round(
      int number,
      List<Trial> trials,
      Learner.Learned learned,
      double busyShare,
      Times times,
      Map<MicroKernel, String> seeds) {
    public Round {
      seeds = Map.copyOf(seeds);
    }

    /** One of a run that began with nothing. */
    public Round(
        int number, List<Trial> trials, Learner.Learned learned, double busyShare, Times times) {
      this(number, trials, learned, busyShare, times, Map.of());
    }
  }

  /**
   * When a round was, in seconds.
   *
   * @param begin from the run's start to the round's; of a resumed run from where it went on
   * @param learn in which the cost model was trained before the candidates were proposed
   * @param measure from when the candidates were given out to be built, verified and timed, until
   *     their trials were there, and those of the round before
   */
  record Times(double begin, double learn, double measure) {}

  /** Adds a round; what was appended before is never touched. */
  void append(Round round);

  /** All trials of all whole rounds, in order. */
  List<Trial> read();

  /** The number that the next round gets. */
  int nextRound();
}
