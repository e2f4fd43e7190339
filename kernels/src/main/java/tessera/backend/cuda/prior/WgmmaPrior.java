package tessera.backend.cuda.prior;

import tessera.backend.cuda.tile.WgmmaTile;

/**
 * What is known of the tiles of {@code wgmma/wgmma.cu} before anything is measured: constants that
 * were fitted to measured kernels.
 *
 * @param bytesPerSecond that a multiprocessor gets from the second-level cache. What others fetch
 *     for it counts half: it comes in all the same, while the cache is asked for it but once.
 * @param fetchSeconds for which a stage waits in a ring of two
 * @param issueSeconds of a warpgroup's stage, whoever else runs, and for each column of its
 *     instructions
 * @param norm that adds these to the time of multiply-adds
 * @param fillSeconds before the first stage
 * @param storeSeconds of a sum to 16 bits
 * @param exchangeSeconds of a sum within a cluster
 */
public record WgmmaPrior(
    double bytesPerSecond,
    double fetchSeconds,
    double issueSeconds,
    double issueSecondsPerColumn,
    double norm,
    Fill fillSeconds,
    double storeSeconds,
    double exchangeSeconds) {
  /**
   * What a block begins with.
   *
   * @param always and however it works
   * @param stage of the ring
   * @param sharedStage of a ring that blocks fill for each other, on top of that
   * @param neighbours until blocks that fetch for each other have all started
   * @param cluster whose sums are added
   * @param persistent of a block that has several tiles
   * @param turns where its warpgroups take turns at them
   */
  public record Fill(
      double always,
      double stage,
      double sharedStage,
      double neighbours,
      double cluster,
      double persistent,
      double turns) {
    double seconds(WgmmaTile tile) {
      double seconds = always + tile.stages() * stage;
      if (tile.multicast() > 1) {
        seconds += neighbours + tile.stages() * sharedStage;
      }
      if (tile.cluster() > 1) {
        seconds += cluster;
      }
      if (tile.persistent()) {
        seconds += tile.pingpong() ? turns : persistent;
      }
      return seconds;
    }
  }

  /**
   * From 2900 kernels on some of 79 lengths of four layers, on an H200 (log error 0.07), but for
   * those with epilogues that had bank conflicts then.
   */
  public static final WgmmaPrior OF_SIMPLE_OPERANDS =
      new WgmmaPrior(
          2.2e11,
          6.8e-7,
          7.3e-8,
          3.3e-10,
          3.27,
          new Fill(0, 3.6e-8, 3.1e-8, 0, 4.2e-7, 1.65e-7, 4.5e-7),
          1.1e-10,
          2.5e-10);

  /**
   * From 340 kernels on an H100 (log error 0.08): multiply-adds of a stage wait for those of the
   * stage before and for the adding up of its sums, which takes a warpgroup a while whoever else
   * runs.
   */
  public static final WgmmaPrior OF_PAIRS =
      new WgmmaPrior(
          1.5e11,
          6e-7,
          5.6e-8,
          7.8e-10,
          1.87,
          new Fill(1.86e-6, 0, 0, 3e-7, 0, 0, 0),
          5.9e-11,
          6.5e-10);

  /**
   * Of the bytes of a persistent block those that come a second time: blocks whose tiles are not
   * grouped along m share few operands while they run.
   */
  private static final double UNGROUPED_SHARE = 0.1;

  /**
   * @param stageSeconds what a stage's multiply-adds take for an output element, with the whole
   *     multiprocessor
   */
  public TileCost cost(WgmmaTile tile, double stageSeconds) {
    double columns = (double) tile.width() * tile.repeat();
    double exchanged = tile.cluster() > 1 ? exchangeSeconds : 0;
    double lines = (tile.rows() + tile.width() + tile.lines()) / 2.0;
    double again = tile.persistent() && tile.groupM() == 1 ? UNGROUPED_SHARE : 0;
    double byteSeconds = (1 + again) * lines * WgmmaTile.LINE_BYTES / bytesPerSecond;
    double multiplySeconds = tile.area() * stageSeconds;
    return new TileCost(
        Math.pow(Math.pow(multiplySeconds, norm) + Math.pow(byteSeconds, norm), 1 / norm),
        fetchSeconds / (tile.stages() - 1),
        issueSeconds + columns * issueSecondsPerColumn,
        norm,
        fillSeconds.seconds(tile) + tile.area() * exchanged,
        tile.area() * tile.operands().outputBytes() / 2.0 * storeSeconds);
  }
}
