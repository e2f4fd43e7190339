package tessera.job.records;

import java.util.List;
import tessera.job.search.TuningLoop;
import tessera.trial.Trial;

/** Hears what a run does, for those who do not sit at its console. */
public interface Onlooker {
  /** Hears nothing. */
  Onlooker NONE =
      new Onlooker() {
        @Override
        public void enters(String step) {}

        @Override
        public void measured(String step, List<Trial> trials, double busyShare) {}

        @Override
        public void best(double seconds) {}
      };

  /** The run comes to a step, such as a round of its search. */
  void enters(String step);

  /**
   * A round was measured. The run is at that step again, until it enters the next: another round
   * may have begun meanwhile.
   *
   * @param step what the round is called
   * @param busyShare share of wall time in which the devices verified or timed, in the mean
   */
  void measured(String step, List<Trial> trials, double busyShare);

  /** The driver of a search spent some time on a part of its work. */
  default void spent(TuningLoop.Work work, double seconds) {}

  /** Other runs used its devices; the run may end so much later. */
  default void waited(double seconds) {}

  /**
   * The search knows better micro-kernels, or none that are better.
   *
   * @param seconds the weighted mean over all instances, each by the best micro-kernel so far
   */
  void best(double seconds);
}
