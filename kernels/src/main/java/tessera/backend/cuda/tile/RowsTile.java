package tessera.backend.cuda.tile;

import tessera.microkernel.MicroKernel;

/**
 * The parameters of {@code rows/rows.cu}, and what the template derives from them.
 *
 * @param blockM output rows of a block
 * @param blockN output columns of a block
 * @param blockK reduction steps of a stage
 * @param threadM output rows of a thread
 * @param threadN output columns of a thread
 * @param lanesN lanes of a warp along n; the others lie along m
 * @param slices groups of a block's warps that each sum a part of every stage
 * @param stages stages of the pipeline in shared memory
 * @param unroll groups of four k that are unrolled together
 * @param resident blocks per SM for which ptxas bounds registers
 * @param secondIsNk whether the second operand is [n, k], else [k, n]
 */
public record RowsTile(
    int blockM,
    int blockN,
    int blockK,
    int threadM,
    int threadN,
    int lanesN,
    int slices,
    int stages,
    int unroll,
    int resident,
    boolean secondIsNk)
    implements CudaTile {
  /** Elements of k that are read together. */
  public static final int QUAD = 4;

  /** Floats by which a row of k is longer in shared memory. */
  private static final int GAP = 4;

  /** Registers for addresses, indices and loop counters; ptxas spills below that. */
  private static final int OTHER_REGISTERS = 24;

  /** The tile of a micro-kernel of the family. */
  public static RowsTile of(MicroKernel kernel, boolean secondIsNk) {
    return new RowsTile(
        kernel.get("blockM"),
        kernel.get("blockN"),
        kernel.get("blockK"),
        kernel.get("threadM"),
        kernel.get("threadN"),
        kernel.get("lanesN"),
        kernel.get("slices"),
        kernel.get("stages"),
        kernel.get("unroll"),
        kernel.get("resident"),
        secondIsNk);
  }

  /** Whether whole warps cover the tile. */
  public boolean isWhole() {
    return blockM % threadM == 0
        && blockN % threadN == 0
        && blockN / threadN % lanesN == 0
        && blockM / threadM % (WARP / lanesN) == 0;
  }

  @Override
  public int threads() {
    return slices * (blockM / threadM) * (blockN / threadN);
  }

  /**
   * Registers of a thread: its sums, four k of all its rows, and of its columns either one k or
   * four. Four are held as often as they are unrolled, since ptxas begins with all that a known
   * number of steps reads.
   */
  @Override
  public int registers() {
    int fragments = secondIsNk ? unroll * QUAD * (threadM + threadN) : QUAD * threadM + threadN;
    return threadM * threadN + fragments + OTHER_REGISTERS;
  }

  /** Floats of all stages: PIPELINE_FLOATS of the template. */
  public int pipelineFloats() {
    int first = blockM * (blockK + GAP);
    int second = secondIsNk ? blockN * (blockK + GAP) : blockN * blockK;
    return stages * (first + second);
  }

  /** Bytes of SHARED_FLOATS of the template. */
  @Override
  public int sharedBytes() {
    int sums = (slices - 1) * blockM * blockN;
    return Float.BYTES * Math.max(pipelineFloats(), sums);
  }
}
