package tessera.backend.cuda.prior;

import tessera.backend.cuda.tile.WgmmaTile;

/**
 * What is known of the tiles of {@code wgmma/wgmma.cu} before anything is measured.
 *
 * @param bytesPerSecond bytes a second that an SM gets from the L2. What others fetch for it counts
 *     half: it comes in all the same, while the L2 is asked for it but once.
 * @param refetchedShare share of the bytes of a persistent block that come a second time where
 *     tiles are not grouped along m: such blocks share few operands while they run
 * @param fetchSeconds seconds for which a stage waits in a ring of two
 * @param issueSeconds seconds of a stage of one warpgroup, whoever else runs
 * @param issueSecondsPerColumn seconds on top of that for each column of its instructions
 * @param overlapExponent exponent of {@link TileCost#overlapExponent} that adds these
 * @param fillSeconds seconds before the first stage
 * @param fillSecondsPerStage seconds on top of that for each stage of the ring
 * @param multicastSeconds seconds until blocks that fetch for each other have all started
 * @param multicastSecondsPerStage seconds on top of that for each stage of the ring
 * @param clusterSeconds seconds of a block of a cluster that splits a reduction
 * @param persistentSeconds seconds of a cooperative block with several tiles
 * @param pingpongSeconds seconds of a ping-pong block
 * @param storeSeconds seconds of a sum of 16 bits
 * @param exchangeSeconds seconds of a sum that is exchanged within a cluster
 */
public record WgmmaPrior(
    double bytesPerSecond,
    double refetchedShare,
    double fetchSeconds,
    double issueSeconds,
    double issueSecondsPerColumn,
    double overlapExponent,
    double fillSeconds,
    double fillSecondsPerStage,
    double multicastSeconds,
    double multicastSecondsPerStage,
    double clusterSeconds,
    double persistentSeconds,
    double pingpongSeconds,
    double storeSeconds,
    double exchangeSeconds) {
  /**
   * The cost of a tile.
   *
   * @param stageSeconds seconds of a stage's multiply-adds for an output element, with the whole SM
   */
  TileCost cost(WgmmaTile tile, double stageSeconds) {
    double columns = (double) tile.width() * tile.repeat();
    double exchanged = tile.cluster() > 1 ? exchangeSeconds : 0;
    double lines = (tile.rows() + tile.width() + tile.lines()) / 2.0;
    double again = tile.persistent() && tile.groupM() == 1 ? refetchedShare : 0;
    double byteSeconds = (1 + again) * lines * WgmmaTile.LINE_BYTES / bytesPerSecond;
    double multiplySeconds = tile.area() * stageSeconds;
    return new TileCost(
        Math.pow(
            Math.pow(multiplySeconds, overlapExponent) + Math.pow(byteSeconds, overlapExponent),
            1 / overlapExponent),
        fetchSeconds / (tile.stages() - 1),
        issueSeconds + columns * issueSecondsPerColumn,
        overlapExponent,
        beginSeconds(tile) + tile.area() * exchanged,
        tile.area() * tile.operands().outputBytes() / 2.0 * storeSeconds);
  }

  /** Seconds before the first stage. */
  private double beginSeconds(WgmmaTile tile) {
    double seconds = fillSeconds + tile.stages() * fillSecondsPerStage;
    if (tile.multicast() > 1) {
      seconds += multicastSeconds + tile.stages() * multicastSecondsPerStage;
    }
    if (tile.cluster() > 1) {
      seconds += clusterSeconds;
    }
    if (tile.persistent()) {
      seconds += tile.pingpong() ? pingpongSeconds : persistentSeconds;
    }
    return seconds;
  }
}
