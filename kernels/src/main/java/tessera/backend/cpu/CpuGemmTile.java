package tessera.backend.cpu;

import tessera.microkernel.MicroKernel;

/**
 * The parameters of {@code gemm.c}, and what the template derives from them.
 *
 * @param vectorOverM whether the lanes of a vector lie along m, else along n
 * @param tileVectors vectors of a register tile
 * @param tileScalars scalars of a register tile, each multiplied with every vector
 * @param panelTiles register tiles of a panel along the vector's axis
 * @param streamTiles register tiles of a block along the scalar's axis
 * @param blockK the most reduction steps of a panel
 * @param packVector whether the vector's operand is packed
 * @param packScalar whether the scalar's operand is packed
 * @param prefetch whether the next scalar tile is prefetched; where lanes lie along n, the panel,
 *     or the rows of weights that are packed next
 * @param unroll reduction steps that are unrolled together
 * @param scalarInner whether the innermost loop runs over scalars, else over vectors
 * @param splitM whether threads divide m, else n
 * @param prepared whether weights are read that were packed once for all calls
 * @param lanes float32 lanes of a vector
 * @param k the reduction's fixed length; 0 where it varies
 */
record CpuGemmTile(
    boolean vectorOverM,
    int tileVectors,
    int tileScalars,
    int panelTiles,
    int streamTiles,
    int blockK,
    boolean packVector,
    boolean packScalar,
    boolean prefetch,
    int unroll,
    boolean scalarInner,
    boolean splitM,
    boolean prepared,
    int lanes,
    long k) {
  /** The parameter that only kernels for prepared weights have. */
  static final String PREPARED = "prepared";

  static CpuGemmTile of(MicroKernel kernel, int lanes, long k) {
    return new CpuGemmTile(
        kernel.get("vectorOverM") == 1,
        kernel.get("tileVectors"),
        kernel.get("tileScalars"),
        kernel.get("panelTiles"),
        kernel.get("streamTiles"),
        kernel.get("blockK"),
        kernel.get("packVector") == 1,
        kernel.get("packScalar") == 1,
        kernel.get("prefetch") == 1,
        kernel.get("unroll"),
        kernel.get("scalarInner") == 1,
        kernel.get("splitM") == 1,
        readsPrepared(kernel),
        lanes,
        k);
  }

  /** Whether a micro-kernel of any family reads weights that were packed once. */
  static boolean readsPrepared(MicroKernel kernel) {
    return kernel.parameters().getOrDefault(PREPARED, 0) == 1;
  }

  /** Vector registers that hold sums. */
  int accumulators() {
    return tileVectors * tileScalars;
  }

  /**
   * Vector registers of the innermost loop: sums, vectors and one broadcast scalar. Tiles of fewer
   * than 8 sums have twice as many in the template, which fit any processor.
   */
  int registers() {
    return accumulators() + tileVectors + 1;
  }

  /** Loads of a reduction step for each multiply-add of vectors. */
  double loadsPerMultiplyAdd() {
    return (double) (tileVectors + tileScalars) / accumulators();
  }

  /** Elements of a panel along the vector's axis: BLOCK_VECTOR of the template. */
  int panelBlock() {
    return tileVectors * lanes * panelTiles;
  }

  /** Elements of a block along the scalar's axis: BLOCK_SCALAR of the template. */
  int streamBlock() {
    return streamTiles * tileScalars;
  }

  /** Rows or columns that a tile takes the time of at least: only columns are padded. */
  int leastScalars(double leastVectors) {
    return vectorOverM
        ? tileScalars
        : Math.min(tileScalars, (int) Math.ceil(leastVectors / tileVectors));
  }

  /** Reduction steps of a panel, as the template clips them. */
  long depth() {
    return k > 0 ? Math.min(k, blockK) : blockK;
  }

  /** Bytes of a panel, which is to stay in the second-level cache. */
  long panelBytes() {
    return (long) Float.BYTES * panelBlock() * depth();
  }

  /** Bytes of a packed block of the streamed operand. */
  long streamBytes() {
    return (long) Float.BYTES * streamBlock() * depth();
  }

  /** Bytes of one register tile's part of the panel. */
  long panelTileBytes() {
    return (long) Float.BYTES * tileVectors * lanes * depth();
  }

  /** Bytes of one register tile's part of the streamed operand. */
  long streamTileBytes() {
    return (long) Float.BYTES * tileScalars * depth();
  }
}
