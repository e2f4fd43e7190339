package tessera.backend.cuda;

import tessera.microkernel.MicroKernel;

/**
 * What is known of the tiles of {@code wgmma/wgmma.cu} before anything is measured: constants that
 * were fitted to measured kernels.
 *
 * @param fetchSeconds for which a stage waits in a ring of two
 * @param issueSeconds of a warpgroup's stage, whoever else runs, and for each column of its
 *     instructions
 * @param norm that adds these to the time of multiply-adds
 * @param fillSeconds of the ring
 * @param storeSeconds of a sum to 16 bits
 * @param exchangeSeconds of a sum within a cluster
 */
record WgmmaPrior(
    double fetchSeconds,
    double issueSeconds,
    double issueSecondsPerColumn,
    double norm,
    double fillSeconds,
    double storeSeconds,
    double exchangeSeconds) {
  /**
   * From 870 kernels on an H200, 35 of them written by hand (log error 0.10, and 0.08 on those).
   */
  static final WgmmaPrior OF_SIMPLE_OPERANDS =
      new WgmmaPrior(6.6e-7, 0, 0, 4.7, 8e-7, 7.3e-11, 2.7e-10);

  /**
   * From 340 kernels on an H100 (log error 0.08): multiply-adds of a stage wait for those of the
   * stage before and for the adding up of its sums, which takes a warpgroup a while whoever else
   * runs.
   */
  static final WgmmaPrior OF_PAIRS =
      new WgmmaPrior(6e-7, 5.6e-8, 7.8e-10, 1.87, 1.86e-6, 5.9e-11, 6.5e-10);

  /**
   * Bytes that a multiprocessor gets from the second-level cache in a second. What others fetch for
   * it counts half: it comes in all the same, while the cache is asked for it but once.
   */
  private static final double BYTES_PER_SECOND = 1.5e11;

  /** Until blocks that fetch for each other have all started. Seen on an H100. */
  private static final double NEIGHBOURS_SECONDS = 3e-7;

  /**
   * @param stageSeconds what a stage's multiply-adds take for an output element, with the whole
   *     multiprocessor
   */
  TileCost cost(MicroKernel kernel, double stageSeconds, int outputBytes) {
    int rows = CudaWgmma.rows(kernel);
    int width = kernel.get("width");
    double area = (double) rows * width;
    double columns = (double) width * kernel.get("repeat");
    double exchanged = kernel.get("cluster") > 1 ? exchangeSeconds : 0;
    double started = CudaWgmma.multicast(kernel) > 1 ? NEIGHBOURS_SECONDS : 0;
    double lines = (rows + width + CudaWgmma.lines(kernel)) / 2.0;
    double byteSeconds = lines * TensorMap.LINE_BYTES / BYTES_PER_SECOND;
    double multiplySeconds = area * stageSeconds;
    return new TileCost(
        Math.pow(Math.pow(multiplySeconds, norm) + Math.pow(byteSeconds, norm), 1 / norm),
        fetchSeconds / (kernel.get("stages") - 1),
        issueSeconds + columns * issueSecondsPerColumn,
        norm,
        fillSeconds + started + area * exchanged,
        area * outputBytes / 2.0 * storeSeconds);
  }
}
