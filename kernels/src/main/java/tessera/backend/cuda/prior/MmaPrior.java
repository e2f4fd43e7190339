package tessera.backend.cuda.prior;

import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.tile.MmaTile;

/**
 * What is known of the tiles of {@code mma/mma.cu} before anything is measured.
 *
 * @param syncShare share of the tensor cores' multiply-adds that mma.sync reaches where wgmma is
 *     the way to all
 * @param fragmentShare rows by which fragments lengthen a warp's multiply-adds
 * @param fetchSeconds seconds for which a stage waits in a ring of two
 * @param overlapExponent exponent of {@link TileCost#overlapExponent} that adds these
 * @param fillSeconds seconds before the first stage
 * @param storeSeconds seconds of a sum of 16 bits
 * @param exchangeSeconds seconds of a sum that is shared with other blocks
 */
public record MmaPrior(
    double syncShare,
    double fragmentShare,
    double fetchSeconds,
    double overlapExponent,
    double fillSeconds,
    double storeSeconds,
    double exchangeSeconds) {
  /** The cost of a tile. */
  TileCost cost(CudaTarget target, MmaTile tile) {
    double fragments = fragmentShare * (1.0 / tile.warpM() + 1.0 / tile.warpN());
    double stored = tile.outputBytes() / 2.0 * storeSeconds;
    boolean exchanges = tile.cluster() > 1 || tile.streamK();
    double speed =
        (target.hasWarpgroupMultiply() ? syncShare : 1)
            * TensorCores.multiplyAdds(target, tile.inputBytes());
    return new TileCost(
        tile.multiplyAdds() * (1 + fragments) / speed,
        fetchSeconds / (tile.stages() - 1),
        0,
        overlapExponent,
        fillSeconds + (exchanges ? tile.area() * exchangeSeconds : 0),
        tile.area() * stored);
  }
}
