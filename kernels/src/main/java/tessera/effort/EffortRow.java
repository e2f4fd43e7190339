package tessera.effort;

import tessera.workload.Budget;

/**
 * What an effort asks of a run on one kind of target.
 *
 * @param searchRounds rounds that the trials of a budget are divided into at least, so that a
 *     search learns between them
 * @param covered instances that the candidates of a search are to serve best together by the
 *     analytic prior, with nothing learned; 0 for a search that learns
 * @param leaders micro-kernels that are timed on every instance of the contest
 * @param specialists micro-kernels of each such instance that are timed there too
 * @param unmeasuredShare share of a budget's trials for contestants that the search did not measure
 * @param contest instances of the contest
 * @param contestPerVariable as many more for each shape variable
 * @param rounds timed blocks of each micro-kernel on each instance
 * @param dispatch instances that the dispatcher is trained on
 * @param dispatchPerVariable as many more for each shape variable: a tree over several has more to
 *     learn
 * @param reported instances that are timed beside the vendors' libraries
 * @param mostKernels micro-kernels that a bundle has at most, but for those for what lies beyond
 *     the range
 * @param trialsShare share of a budget's trials that the run may have of its own accord: all, or
 *     fewer where former runs tell it where to begin
 * @param otherTrialsShare the same where these were for other workloads
 * @param secondsShare the same of a budget's seconds as trialsShare of its trials
 */
public record EffortRow(
    int searchRounds,
    int covered,
    int leaders,
    int specialists,
    double unmeasuredShare,
    int contest,
    int contestPerVariable,
    int rounds,
    int dispatch,
    int dispatchPerVariable,
    int reported,
    int mostKernels,
    double trialsShare,
    double otherTrialsShare,
    double secondsShare) {
  /** That of a run with nothing to begin from. */
  public EffortRow(
      int searchRounds,
      int covered,
      int leaders,
      int specialists,
      double unmeasuredShare,
      int contest,
      int contestPerVariable,
      int rounds,
      int dispatch,
      int dispatchPerVariable,
      int reported,
      int mostKernels) {
    this(
        searchRounds,
        covered,
        leaders,
        specialists,
        unmeasuredShare,
        contest,
        contestPerVariable,
        rounds,
        dispatch,
        dispatchPerVariable,
        reported,
        mostKernels,
        1,
        1,
        1);
  }

  /**
   * What a run takes of a budget where nobody says otherwise, beginning with runs of its workload.
   */
  public Budget budget(Budget whole) {
    return budget(whole, trialsShare, secondsShare);
  }

  /** As {@link #budget}, beginning with runs of other workloads alone. */
  public Budget otherBudget(Budget whole) {
    double seconds = Math.min(1, secondsShare * otherTrialsShare / trialsShare);
    return budget(whole, otherTrialsShare, seconds);
  }

  private static Budget budget(Budget whole, double trials, double seconds) {
    int most = (int) Math.round(trials * whole.trials());
    return new Budget(Math.max(1, most), seconds * whole.seconds());
  }

  /** Whether a search takes its candidates from the prior alone. */
  public boolean covers() {
    return covered > 0;
  }
}
