package tessera.backend.cuda.tile;

/**
 * The numbers of a CUDA micro-kernel that its template derives from its constants, and that Java
 * needs to launch it and to tell what it costs.
 */
public interface CudaTile {
  /** Threads of a warp. */
  int WARP = 32;

  /** Output rows of the tile of one block (CTA). */
  int blockM();

  /** Output columns of the tile of one block. */
  int blockN();

  /** Reduction steps of one stage of the pipeline. */
  int blockK();

  /** Threads of a block. */
  int threads();

  /** Registers of a thread, as estimated before ptxas has compiled it. */
  int registers();

  /** Bytes of dynamic shared memory of a block. */
  int sharedBytes();

  /** Blocks per SM for which ptxas bounds registers, or which fit where nothing asks for them. */
  int resident();

  /** Blocks of a cluster, which split the reduction of one tile (split-K). */
  default int cluster() {
    return 1;
  }

  /** Whether the work is divided by stream-K. */
  default boolean streamK() {
    return false;
  }

  /** Output elements of the tile of one block. */
  default double area() {
    return (double) blockM() * blockN();
  }

  /** Multiply-adds of one stage. */
  default double multiplyAdds() {
    return area() * blockK();
  }

  /**
   * Bytes of shared memory in which a block of a cluster receives what the others summed of its
   * share of a tile: EXCHANGE_FLOATS of the templates.
   *
   * @param cluster blocks that split the reduction of one tile (split-K over a cluster)
   * @param vectors a thread's sums, in groups of four
   */
  static int exchangeBytes(int cluster, int vectors, int threads) {
    int share = (vectors + cluster - 1) / cluster;
    return cluster > 1 ? cluster * share * 16 * threads : 0;
  }
}
