package tessera.backend.cuda.family;

import tessera.backend.cuda.driver.CudaTarget;
import tessera.microkernel.MicroKernel;

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
record SimtPrior(
    double baseSlots,
    double fragmentSlots,
    double firstSlots,
    double secondSlots,
    double issueClocks,
    double fetchSeconds,
    double norm,
    double fillSeconds,
    double storeSeconds) {
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

  /**
   * The cost of a tile of {@code blockM} x {@code blockN}, in stages of {@code blockK}, by threads
   * of {@code threadM} x {@code threadN} sums.
   *
   * @param threads of a block
   * @param longer multiply-adds take, relative to what was fitted
   * @param beginSeconds that a block takes before the pipeline's
   */
  TileCost cost(
      CudaTarget target, MicroKernel kernel, int threads, double longer, double beginSeconds) {
    double blockM = kernel.get("blockM");
    double blockN = kernel.get("blockN");
    double multiplyAdds = blockM * blockN * kernel.get("blockK");
    double slots =
        baseSlots
            + fragmentSlots * (1.0 / kernel.get("threadM") + 1.0 / kernel.get("threadN"))
            + firstSlots / blockN
            + secondSlots / blockM;
    return new TileCost(
        longer * slots * multiplyAdds / target.multiprocessorMultiplyAdds(),
        fetchSeconds,
        multiplyAdds / threads * issueClocks / (1e6 * target.clockMhz()),
        norm,
        fillSeconds + beginSeconds,
        blockM * blockN * storeSeconds);
  }
}
