package tessera.backend.cuda.prior;

import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.tile.CudaTile;
import tessera.backend.cuda.tile.RowsTile;
import tessera.backend.cuda.tile.SimtTile;

/**
 * What is known of the tiles of {@code simt/simt.cu} and {@code rows/rows.cu} before anything is
 * measured.
 *
 * @param baseSlots issue slots of a multiply-add beside those of its operands
 * @param fragmentSlots issue slots of a float that a thread reads from shared memory, for as many
 *     multiply-adds as its tile is wide
 * @param firstSlots issue slots of a float of the first operand on its way to shared memory
 * @param secondSlots issue slots of a float of the second operand on its way
 * @param issueClocks clocks between two instructions of a warp
 * @param fetchSeconds seconds for which a stage waits
 * @param overlapExponent exponent of {@link TileCost#overlapExponent} that adds these
 * @param fillSeconds seconds before the first stage
 * @param storeSeconds seconds of a sum
 * @param groupedShare share by which multiply-adds take longer where tiles are grouped along m
 * @param streamKSeconds seconds by which a block of stream-K takes longer to begin and end
 */
public record SimtPrior(
    double baseSlots,
    double fragmentSlots,
    double firstSlots,
    double secondSlots,
    double issueClocks,
    double fetchSeconds,
    double overlapExponent,
    double fillSeconds,
    double storeSeconds,
    double groupedShare,
    double streamKSeconds) {
  /** The cost of a tile of {@code simt/simt.cu}. */
  TileCost cost(CudaTarget target, SimtTile tile) {
    double longer = 1 + (tile.groupM() > 1 ? groupedShare : 0);
    double beginSeconds = tile.streamK() ? streamKSeconds : 0;
    return cost(target, tile, tile.threadM(), tile.threadN(), longer, beginSeconds);
  }

  /** The cost of a tile of {@code rows/rows.cu}. */
  TileCost cost(CudaTarget target, RowsTile tile) {
    return cost(target, tile, tile.threadM(), tile.threadN(), 1, 0);
  }

  /**
   * The cost of a tile whose threads have {@code threadM} x {@code threadN} sums.
   *
   * @param longer how long multiply-adds take, relative to what was fitted
   * @param beginSeconds seconds that a block takes before it fills its pipeline
   */
  private TileCost cost(
      CudaTarget target,
      CudaTile tile,
      int threadM,
      int threadN,
      double longer,
      double beginSeconds) {
    double slots =
        baseSlots
            + fragmentSlots * (1.0 / threadM + 1.0 / threadN)
            + firstSlots / tile.blockN()
            + secondSlots / tile.blockM();
    return new TileCost(
        longer * slots * tile.multiplyAdds() / target.multiprocessorMultiplyAdds(),
        fetchSeconds,
        tile.multiplyAdds() / tile.threads() * issueClocks / (1e6 * target.clockMhz()),
        overlapExponent,
        fillSeconds + beginSeconds,
        tile.area() * storeSeconds);
  }
}
