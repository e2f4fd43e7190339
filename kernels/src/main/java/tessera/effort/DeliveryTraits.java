package tessera.effort;

/**
 * What a kind of device wants of the end of a run, whatever the effort.
 *
 * @param towardsShort whether the instances of the contest are closer together where they are
 *     short, and fewer where time is short: where short ones have their own micro-kernels
 * @param remeasureThreshold times the fastest of an instance, up to which a micro-kernel is timed a
 *     second time there
 * @param remeasuredShare share of all contestants that this is, by experience
 * @param contenderThreshold times the least price of an instance, up to which a micro-kernel is
 *     timed there for the dispatcher
 * @param contenderShare share of all delivered micro-kernels that this is, by experience
 * @param usualKernels micro-kernels that are usually delivered
 * @param usualVendors functions of others' libraries that are usually timed beside these
 * @param mostKernels micro-kernels of a bundle, but for those for what lies beyond the range: with
 *     a third more for these it has less than 20 MB
 * @param lengthsBeyond lengths above and below the range of a single variable that are timed at
 *     most
 * @param fewRows rows of c up to which more lengths are timed, since register tiles have so many
 *     and each is fastest at its own; 0 for none
 * @param tolerance how much slower, as a share, than with all contestants a portfolio of fewer may
 *     be
 * @param alikeGain by how much, as a share, a micro-kernel beyond what the instances' weights ask
 *     for is to shorten the mean relative time of the contest's instances when all count alike
 * @param leastGain share of the weighted time that a pair of micro-kernels is to save
 * @param pace how long measuring takes
 */
public record DeliveryTraits(
    boolean towardsShort,
    double remeasureThreshold,
    double remeasuredShare,
    double contenderThreshold,
    double contenderShare,
    int usualKernels,
    int usualVendors,
    int mostKernels,
    int lengthsBeyond,
    long fewRows,
    double tolerance,
    double alikeGain,
    double leastGain,
    Pace pace) {
  /** With as many functions of others' libraries more. */
  public DeliveryTraits beside(int more) {
    return with(usualVendors + more, pace);
  }

  /** For calls on so many threads. After one on a single thread nothing has to fall asleep. */
  public DeliveryTraits onThreads(int threads) {
    return threads > 1 ? this : with(usualVendors, pace.withoutSettling());
  }

  private DeliveryTraits with(int vendors, Pace another) {
    return new DeliveryTraits(
        towardsShort,
        remeasureThreshold,
        remeasuredShare,
        contenderThreshold,
        contenderShare,
        usualKernels,
        vendors,
        mostKernels,
        lengthsBeyond,
        fewRows,
        tolerance,
        alikeGain,
        leastGain,
        another);
  }
}
