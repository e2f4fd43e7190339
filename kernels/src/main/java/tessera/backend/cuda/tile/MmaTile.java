package tessera.backend.cuda.tile;

import tessera.microkernel.MicroKernel;
import tessera.operator.Numerics;

/**
 * The parameters of {@code mma/mma.cu}, and what the template derives from them.
 *
 * @param blockM output rows of a block
 * @param blockN output columns of a block
 * @param blockK reduction steps of a stage
 * @param warpsM warps of a block along m
 * @param warpsN warps of a block along n
 * @param stages stages of the pipeline in shared memory
 * @param cluster blocks of a cluster, which split the reduction of one tile (split-K)
 * @param streamK whether the work is divided by stream-K
 * @param groupM tile rows of an L2 rasterisation group
 * @param resident blocks per SM for which ptxas bounds registers
 * @param inputBytes bytes of an element of an operand
 * @param outputBytes bytes of an element of the result
 */
public record MmaTile(
    int blockM,
    int blockN,
    int blockK,
    int warpsM,
    int warpsN,
    int stages,
    int cluster,
    boolean streamK,
    int groupM,
    int resident,
    int inputBytes,
    int outputBytes)
    implements CudaTile {
  /** Bytes that all banks of shared memory give at once. */
  private static final int BANKS_BYTES = 128;

  /** Rows and columns of a warp are multiples of this. */
  private static final int INSTRUCTION = 16;

  /** Registers for addresses and counters; ptxas spills below that. */
  private static final int OTHER_REGISTERS = 56;

  /** The tile of a micro-kernel of the family. */
  public static MmaTile of(MicroKernel kernel, Numerics numerics) {
    return new MmaTile(
        kernel.get("blockM"),
        kernel.get("blockN"),
        kernel.get("blockK"),
        kernel.get("warpsM"),
        kernel.get("warpsN"),
        kernel.get("stages"),
        kernel.get("cluster"),
        kernel.get("streamK") == 1,
        kernel.get("groupM"),
        kernel.get("resident"),
        numerics.input().bytes(),
        numerics.output().bytes());
  }

  /** Whether whole instructions cover the tile of each warp. */
  public boolean isWhole() {
    return blockM % (INSTRUCTION * warpsM) == 0 && blockN % (INSTRUCTION * warpsN) == 0;
  }

  /** Whether a line of [k, n] storage fills the banks of shared memory. */
  public boolean fillsBanks() {
    return blockN * inputBytes % BANKS_BYTES == 0;
  }

  /** Output rows of a warp. */
  public int warpM() {
    return blockM / warpsM;
  }

  /** Output columns of a warp. */
  public int warpN() {
    return blockN / warpsN;
  }

  @Override
  public int threads() {
    return WARP * warpsM * warpsN;
  }

  /** A thread's sums, in groups of four. */
  public int vectors() {
    return warpM() * warpN() / WARP / 4;
  }

  /** Registers of a thread: its sums and two sets of fragments. */
  @Override
  public int registers() {
    int fragments = warpM() / 16 * 4 + warpN() / 8 * 2;
    return 4 * vectors() + 2 * fragments + OTHER_REGISTERS;
  }

  /** Bytes of SHARED_FLOATS of the template. */
  @Override
  public int sharedBytes() {
    int stage = (blockM + blockN) * blockK * inputBytes;
    int finished = threads() / WARP * 16 * (warpN() + 16 / outputBytes) * outputBytes;
    return Math.max(stages * stage, finished)
        + CudaTile.exchangeBytes(cluster, vectors(), threads());
  }
}
