package tessera.backend.cpu;

import tessera.microkernel.MicroKernel;

/**
 * The parameters of {@code dot.c}, and what the template derives from them.
 *
 * @param tileM output rows of a register tile
 * @param tileN output columns of a register tile
 * @param panelTiles register tiles of a panel along m
 * @param blockK the most reduction steps that all columns are multiplied with at a time
 * @param prefetch whether the next columns are prefetched
 * @param unroll vectors of k that are unrolled together
 * @param splitM whether threads divide m, else n
 * @param k the reduction's fixed length; 0 where it varies
 */
record CpuDotTile(
    int tileM,
    int tileN,
    int panelTiles,
    int blockK,
    boolean prefetch,
    int unroll,
    boolean splitM,
    long k) {
  /** Holds every reduction whole but those of more than a million steps. */
  static final int LONGEST_BLOCK = 1 << 20;

  /** The length of a reduction that varies, by which caches are shared out. */
  private static final int USUAL_DEPTH = 768;

  /**
   * @param k the reduction's fixed length; 0 where it varies
   */
  static CpuDotTile of(MicroKernel kernel, long k) {
    return new CpuDotTile(
        kernel.get("tileM"),
        kernel.get("tileN"),
        kernel.get("panelTiles"),
        kernel.get("blockK"),
        kernel.get("prefetch") == 1,
        kernel.get("unroll"),
        kernel.get("splitM") == 1,
        k);
  }

  /** Vector registers that hold sums. */
  int accumulators() {
    return tileM * tileN;
  }

  /** Vector registers of the innermost loop: sums, the columns' vectors and one of a row. */
  int registers() {
    return accumulators() + tileN + 1;
  }

  /** Loads of a vector of k for each multiply-add of vectors. */
  double loadsPerMultiplyAdd() {
    return (double) (tileM + tileN) / accumulators();
  }

  /** Output rows of a panel: BLOCK_M of the template. */
  int panelBlock() {
    return tileM * panelTiles;
  }

  /** Reduction steps that are summed at a time. */
  long depth() {
    return Math.min(k > 0 ? k : USUAL_DEPTH, blockK);
  }

  /** Bytes of the rows of a register tile, which are to stay in the first-level cache. */
  long tileBytes() {
    return Float.BYTES * (tileM + tileN) * depth();
  }

  /** Bytes of a panel, which is to stay in the second-level cache. */
  long panelBytes() {
    return Float.BYTES * panelBlock() * depth();
  }
}
