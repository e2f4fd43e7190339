package tessera.backend.cuda.prior;

import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.tile.SkinnyTile;

/**
 * What is known of the tiles of {@code skinny/skinny.cu} before anything is measured.
 *
 * @param bytesPerSecond bytes of the second operand that an SM takes in a second
 * @param multiplyShare share of the multiply-adds of an SM that are reached
 * @param fetchSeconds seconds until vectors have come
 * @param overlapExponent exponent of {@link TileCost#overlapExponent} that adds these
 * @param fillSeconds seconds in which a tile begins and is stored
 * @param cachedBandwidth bandwidth of the caches, relative to the memory's
 */
public record SkinnyPrior(
    double bytesPerSecond,
    double multiplyShare,
    double fetchSeconds,
    double overlapExponent,
    double fillSeconds,
    double cachedBandwidth) {
  /** The cost of a tile, whose stage is what a block has under way at once. */
  TileCost cost(CudaTarget target, SkinnyTile tile) {
    double elements = (double) tile.blockN() * tile.blockK();
    double speed = target.multiprocessorMultiplyAdds();
    double bytesSeconds = Float.BYTES * elements / bytesPerSecond;
    double multiplySeconds = tile.rows() * elements / (multiplyShare * speed);
    return new TileCost(
        bytesSeconds + multiplySeconds, fetchSeconds, 0, overlapExponent, fillSeconds, 0);
  }

  /**
   * Seconds of an element that a block reads.
   *
   * @param resident blocks per SM, which share the bandwidth of the caches
   */
  public double elementSeconds(CudaTarget target, int resident) {
    double slots = (double) target.multiprocessors() * resident;
    return Float.BYTES * slots / (cachedBandwidth * target.bytesPerSecond());
  }
}
