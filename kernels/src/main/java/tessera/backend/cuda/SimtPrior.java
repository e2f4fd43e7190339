package tessera.backend.cuda;

/**
 * What is known of the tiles of {@code simt/simt.cu} before anything is measured: constants that
 * were fitted to 23,000 times of 2,650 kernels on an H200, from searches for BERT's layers and
 * attention (log error 0.12).
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

  /** A multiply-add's issue slots. */
  double slots(double threadM, double threadN, double blockM, double blockN) {
    return baseSlots
        + fragmentSlots * (1 / threadM + 1 / threadN)
        + firstSlots / blockN
        + secondSlots / blockM;
  }
}
