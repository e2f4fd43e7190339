package tessera.backend.cuda.tile;

import tessera.microkernel.MicroKernel;

/**
 * The parameters of {@code simt/simt.cu}, and what the template derives from them.
 *
 * @param blockM output rows of a block
 * @param blockN output columns of a block
 * @param blockK reduction steps of a stage
 * @param threadM output rows of a thread
 * @param threadN output columns of a thread
 * @param lanesN lanes of a warp along n; the others lie along m
 * @param slices groups of a block's warps that each sum a part of every stage
 * @param stages stages of the pipeline in shared memory
 * @param cluster blocks of a cluster, which split the reduction of one tile (split-K)
 * @param streamK whether the work is divided by stream-K
 * @param groupM tile rows of an L2 rasterisation group
 * @param order order of a thread's multiply-adds: 0 row by row, 1 by pairs of columns
 * @param resident blocks per SM for which ptxas bounds registers
 */
public record SimtTile(
    int blockM,
    int blockN,
    int blockK,
    int threadM,
    int threadN,
    int lanesN,
    int slices,
    int stages,
    int cluster,
    boolean streamK,
    int groupM,
    int order,
    int resident)
    implements CudaTile {
  /** Elements of k, rows or columns that are moved together. */
  public static final int QUAD = 4;

  /** Registers for addresses, indices and loop counters; ptxas spills below that. */
  private static final int OTHER_REGISTERS = 55;

  /** Registers for each float that is on its way to shared memory. */
  private static final double HELD_REGISTERS = 1.5;

  /** The tile of a micro-kernel of the family. */
  public static SimtTile of(MicroKernel kernel) {
    return new SimtTile(
        kernel.get("blockM"),
        kernel.get("blockN"),
        kernel.get("blockK"),
        kernel.get("threadM"),
        kernel.get("threadN"),
        kernel.get("lanesN"),
        kernel.get("slices"),
        kernel.get("stages"),
        kernel.get("cluster"),
        kernel.get("streamK") == 1,
        kernel.get("groupM"),
        kernel.get("order"),
        kernel.get("resident"));
  }

  /** Whether whole warps cover the tile. */
  public boolean isWhole() {
    return blockM % threadM == 0
        && blockN % threadN == 0
        && blockN / threadN % lanesN == 0
        && blockM / threadM % (WARP / lanesN) == 0;
  }

  /**
   * Whether asynchronous copies fill shared memory, not registers. Where both operands have to come
   * by 4 bytes, as [n, k] storage has it, that was at best even on an H200, so the search leaves it
   * out there; with [k, n] storage it saved 7 to 49 percent at the probes of BERT's attention.
   */
  public boolean isCopied() {
    return stages > 2;
  }

  @Override
  public int threads() {
    return slices * (blockM / threadM * (blockN / threadN));
  }

  /** Multiply-adds of a thread that are unrolled in one step. */
  public int unrolled() {
    return threadM * threadN * blockK / slices;
  }

  /**
   * Registers of a thread: its sums, two sets of fragments, and the floats of the next stage where
   * they come through registers.
   */
  @Override
  public int registers() {
    int copied = (blockM + blockN) * blockK;
    int held = isCopied() ? 0 : (copied + threads() - 1) / threads();
    return threadM * threadN
        + 2 * (threadM + threadN)
        + (int) (HELD_REGISTERS * held)
        + OTHER_REGISTERS;
  }

  /** Bytes of SHARED_FLOATS of the template. */
  @Override
  public int sharedBytes() {
    int pipeline = stages * blockK * (stride(blockM) + stride(blockN));
    int sums = (slices - 1) * blockM * blockN;
    return Float.BYTES * Math.max(pipeline, sums)
        + CudaTile.exchangeBytes(cluster, threadM * threadN / QUAD, threads());
  }

  /** Floats from one k of a panel to the next: FLOATS of the template's Stride. */
  private int stride(int rows) {
    return isCopied() ? rows / 8 * 8 + 4 : (rows + 31) / 32 * 32;
  }
}
