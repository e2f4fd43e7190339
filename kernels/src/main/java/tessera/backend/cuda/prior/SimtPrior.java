package tessera.backend.cuda.prior;

import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.tile.CudaTile;
import tessera.backend.cuda.tile.RowsTile;
import tessera.backend.cuda.tile.SimtTile;

/**
 * What is known of the tiles of {@code simt/simt.cu} and {@code rows/rows.cu} before anything is
 * measured: constants that were fitted to times on an H200; those of the first to 23,000 of 2,650
 * kernels, from searches for BERT's layers and attention (log error 0.12).
 *
 * @param baseSlots a multiply-add's issue slots beside those of its fragments and of operands on
 *     their way
 * @param fragmentSlots of a float that a thread reads for as many multiply-adds as its tile is wide
 * @param firstSlots of a float of the first operand on its way to shared memory
 * @param secondSlots the same of the second
 * @param issueClocks between a warp's instructions
 * @param fetchSeconds for which a stage waits
 * @param norm that adds these
 * @param fillSeconds of the pipeline
 * @param storeSeconds of a sum
 */
public record SimtPrior(
    double baseSlots,
    double fragmentSlots,
    double firstSlots,
    double secondSlots,
    double issueClocks,
    double fetchSeconds,
    double norm,
    double fillSeconds,
    double storeSeconds) {
  /** What a block took longer whose tiles are grouped along m, as a share; fitted. */
  private static final double GROUPED_SHARE = 0.052;

  /** What a block of stream-K took longer to begin and end, in seconds; fitted. */
  private static final double STREAM_K_SECONDS = 8e-7;

  /** Where operands come through registers. */
  static final SimtPrior THROUGH_REGISTERS =
      new SimtPrior(0.78, 2, 6, 6, 1.8, 5.6e-7, 2.93, 5.2e-7, 1.9e-10);

  /**
   * Where asynchronous copies bring the first operand's floats one by one, and the second's by
   * four. What else they wait for is not to be told from their slots.
   */
  static final SimtPrior COPIED = new SimtPrior(1.6, 0, 24, 19, 1.03, 0, 6, 1.2e-6, 1.2e-11);

  /**
   * Where operands keep their order and a thread reads four k at once: fitted to 7,200 times of 850
   * kernels for attention, most of them of the template's prototype (log error 0.12).
   */
  static final SimtPrior ROWS = new SimtPrior(2.16, 0.1, 1, 9.2, 0.97, 0, 4, 8.2e-7, 0);

  /** The cost of a tile of {@code simt/simt.cu}. */
  public static TileCost cost(CudaTarget target, SimtTile tile) {
    SimtPrior fitted = tile.isCopied() ? COPIED : THROUGH_REGISTERS;
    double grouped = tile.groupM() > 1 ? GROUPED_SHARE : 0;
    double streamK = tile.streamK() ? STREAM_K_SECONDS : 0;
    return fitted.cost(target, tile, tile.threadM(), tile.threadN(), 1 + grouped, streamK);
  }

  /** The cost of a tile of {@code rows/rows.cu}. */
  public static TileCost cost(CudaTarget target, RowsTile tile) {
    return ROWS.cost(target, tile, tile.threadM(), tile.threadN(), 1, 0);
  }

  /**
   * The cost of a tile whose threads have {@code threadM} x {@code threadN} sums.
   *
   * @param longer how long multiply-adds take, relative to what was fitted
   * @param beginSeconds what a block takes before it fills its pipeline
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
        norm,
        fillSeconds + beginSeconds,
        tile.area() * storeSeconds);
  }
}
