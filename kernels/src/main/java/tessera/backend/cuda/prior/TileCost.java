package tessera.backend.cuda.prior;

import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.tile.CudaTile;
import tessera.backend.cuda.tile.Grid;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.Tiling;

/**
 * What a block's tile takes on a multiprocessor: stages of a pipeline, each multiplied while others
 * come, between a beginning and an end. A stage takes what its multiply-adds take, those of the
 * blocks beside it included, unless it has to wait for operands or for its own instructions; the
 * three are added by a norm. So a prior ranks kernels that differ in stages and resident blocks
 * before anything is measured.
 *
 * @param multiplySeconds of a stage, with the multiprocessor's whole speed
 * @param fetchSeconds for which a stage of a pipeline as deep as this waits
 * @param issueSeconds that one warp needs for its part of a stage whoever else runs
 * @param overlapExponent exponent p of the norm (sum of x^p)^(1/p) that adds these three: 1 would
 *     be their sum, and infinity the greatest
 * @param fillSeconds before the first stage
 * @param storeSeconds of the tile's results, and of what else is not hidden behind stages, with the
 *     multiprocessor's whole share of memory
 */
public record TileCost(
    double multiplySeconds,
    double fetchSeconds,
    double issueSeconds,
    double overlapExponent,
    double fillSeconds,
    double storeSeconds) {
  /** A reduction over which blocks alone and blocks together are compared. */
  private static final int COMMON_K = 768;

  /** Seconds of a stage where an SM holds so many blocks. */
  private double stage(int resident) {
    return Math.pow(
        Math.pow(resident * multiplySeconds, overlapExponent)
            + Math.pow(fetchSeconds, overlapExponent)
            + Math.pow(issueSeconds, overlapExponent),
        1 / overlapExponent);
  }

  /** Seconds of a tile's beginning and end where an SM holds so many blocks. */
  private double ends(int resident) {
    return fillSeconds + resident * storeSeconds;
  }

  /**
   * The tiling of a micro-kernel of this cost.
   *
   * @param grain up to a multiple of this the last stage of a reduction is multiplied
   * @param resident blocks per SM
   */
  public Grid grid(
      CudaTile tile, int grain, CudaTarget target, int resident, Grid.Schedule schedule) {
    return new Grid(
        tile.blockM(),
        tile.blockN(),
        target.multiprocessors(tile.cluster()),
        resident,
        coResidencyExponent(resident, tile.blockK()),
        tile.cluster(),
        schedule,
        new Tiling.Reduction(grain, Integer.MAX_VALUE, overhead(resident, tile.blockK())),
        CudaFits.GRID);
  }

  /** The exponent of {@link Grid#coResidencyExponent}, over a usual reduction. */
  private double coResidencyExponent(int resident, int blockK) {
    double stages = (double) COMMON_K / blockK;
    double alone = stages * stage(1) + ends(1);
    double beside = stages * stage(resident) + ends(resident);
    // rounding may lead past 1
    return resident == 1 ? 0 : Math.min(1, Math.log(beside / alone) / Math.log(resident));
  }

  /** A tile's beginning and end, in steps of k. */
  private int overhead(int resident, int blockK) {
    return (int) Math.round(blockK * ends(resident) / stage(resident));
  }

  /**
   * The cost of a multiply-add; what operands take is in it.
   *
   * @param multiplyAdds of a stage
   */
  public MicroKernelCost prior(int resident, double multiplyAdds) {
    return new MicroKernelCost(stage(resident) / multiplyAdds, 0);
  }
}
