package tessera.backend.cuda.tile;

import tessera.microkernel.MicroKernel;

/**
 * The parameters of {@code wgmma/wgmma.cu}, and what the template derives from them.
 *
 * @param swap whether the tile's columns lie along the rows of the instruction, else its rows
 * @param persistent whether a block has several tiles
 * @param pingpong whether warpgroups work on tiles of their own in turn (ping-pong), else on the
 *     same tile (cooperative)
 * @param warpgroups warpgroups of a block that multiply
 * @param repeat instructions of 64 rows that each warpgroup repeats
 * @param width columns of the instruction
 * @param stages stages of the ring in shared memory
 * @param cluster blocks of a cluster that split the reduction of one tile (split-K)
 * @param multicast blocks of a cluster with tiles side by side, which fetch operands for each other
 * @param groupM tile rows of an L2 rasterisation group
 * @param operands what the operands are made of
 * @param occupancy the limits of the GPU
 */
public record WgmmaTile(
    boolean swap,
    boolean persistent,
    boolean pingpong,
    int warpgroups,
    int repeat,
    int width,
    int stages,
    int cluster,
    int multicast,
    int groupM,
    Operands operands,
    Occupancy occupancy)
    implements CudaTile {
  /**
   * What the operands are made of.
   *
   * @param elementBytes bytes of an element in a line of shared memory; of pairs both halves
   * @param outputBytes bytes of an element of the result
   * @param linesOfK whether the second operand's lines in shared memory have one k each, as [k, n]
   *     storage has them
   * @param pairs whether float32 operands come as pairs of float16
   */
  public record Operands(int elementBytes, int outputBytes, boolean linesOfK, boolean pairs) {}

  /** Bytes of a line of shared memory: the width of a TMA box. */
  public static final int LINE_BYTES = 128;

  /** Rows of the instruction. */
  public static final int INSTRUCTION_ROWS = 64;

  private static final int WARPGROUP = 128;

  /** The most blocks of a multicast cluster that lie along the rows of the instruction. */
  private static final int MOST_ALONG = 4;

  /* Registers of a thread where warpgroups take another one's; at most REGISTERS_TO_MULTIPLY of the template. */
  private static final int MOST_OF_TWO = 232;
  private static final int MOST_OF_THREE = 140;

  /** Columns of the instruction that a persistent block finishes at once; write.cuh. */
  private static final int MOST_COLUMNS_AT_ONCE = 64;

  /* Registers for addresses and counters, below which ptxas spills: of a block with one tile, a cooperative block
   * with several, a ping-pong block, and of a block whose operands are pairs. */
  private static final int OTHER_REGISTERS = 32;
  private static final int PERSISTENT_REGISTERS = 40;
  private static final int PINGPONG_REGISTERS = 56;
  private static final int PAIRS_REGISTERS = 26;

  /** The tile of a micro-kernel of the family. */
  public static WgmmaTile of(MicroKernel kernel, Operands operands, Occupancy occupancy) {
    return new WgmmaTile(
        kernel.get("swap") == 1,
        kernel.get("persistent") == 1,
        kernel.get("pingpong") == 1,
        kernel.get("warpgroups"),
        kernel.get("repeat"),
        kernel.get("width"),
        kernel.get("stages"),
        kernel.get("cluster"),
        kernel.get("multicast"),
        kernel.get("groupM"),
        operands,
        occupancy);
  }

  /** Blocks of a multicast cluster along the rows of the instruction: CLUSTER_ALONG. */
  public int along() {
    return Math.min(multicast, MOST_ALONG);
  }

  /** Blocks of a multicast cluster along the columns of the instruction: CLUSTER_ACROSS. */
  public int across() {
    return multicast / along();
  }

  /** Rows of the instruction in a tile: ROWS of the template. */
  public int rows() {
    return INSTRUCTION_ROWS * (pingpong ? 1 : warpgroups) * repeat;
  }

  @Override
  public int blockM() {
    return swap ? width : rows();
  }

  @Override
  public int blockN() {
    return swap ? rows() : width;
  }

  @Override
  public int blockK() {
    return LINE_BYTES / operands.elementBytes();
  }

  /** Lines of a stage that a block fetches itself. */
  public int lines() {
    return rows() / across() + width / along();
  }

  /** Lines of a TMA box of the first operand. */
  public int boxLinesOfA() {
    return swap ? width / along() : rows() / across();
  }

  /** Lines of a TMA box of the second operand. */
  public int boxLinesOfB() {
    if (operands.linesOfK()) {
      return blockK();
    }
    return swap ? rows() / across() : width / along();
  }

  /** Threads that multiply: THREADS of the template. */
  int multiplyingThreads() {
    return WARPGROUP * warpgroups;
  }

  /**
   * ALL_THREADS of the template: one more warp fetches, or a warpgroup, three of its warps idle.
   */
  @Override
  public int threads() {
    return multiplyingThreads() + (isWide() ? WARPGROUP : WARP);
  }

  /** A thread's sums, in groups of four. */
  public int vectors() {
    return repeat * width / 8;
  }

  /**
   * Registers of a thread: its sums, those of a stage alone where operands are pairs, and others.
   */
  @Override
  public int registers() {
    int sums = 4 * vectors();
    if (operands.pairs()) {
      return 2 * sums + PAIRS_REGISTERS;
    }
    return sums
        + (pingpong ? PINGPONG_REGISTERS : persistent ? PERSISTENT_REGISTERS : OTHER_REGISTERS);
  }

  /** The most registers that a thread can have. */
  public int mostRegisters() {
    if (!canBeWide()) {
      return Occupancy.MOST_REGISTERS;
    }
    return warpgroups == 2 ? MOST_OF_TWO : MOST_OF_THREE;
  }

  private boolean canBeWide() {
    return !operands.pairs() && warpgroups > 1 && cluster * multicast == 1;
  }

  /**
   * WIDE of the template: whether not even one block of so many warps had registers for its sums.
   */
  public boolean isWide() {
    return canBeWide() && occupancy.blocksPerSm(multiplyingThreads() + WARP, registers(), 0) == 0;
  }

  /** Blocks per SM. */
  public int resident() {
    return isWide()
        ? Math.min(1, occupancy.blocksPerSm(threads(), 1, sharedBytes()))
        : occupancy.blocksPerSm(this);
  }

  /** SHARED_BYTES of the template. */
  @Override
  public int sharedBytes() {
    int ring = stages * (rows() + width) * LINE_BYTES;
    int shared = persistent ? ring + finishedBytes() : Math.max(ring, finishedBytes());
    int barriers = 2 * stages * Long.BYTES;
    return shared + CudaTile.exchangeBytes(cluster, vectors(), multiplyingThreads()) + barriers;
  }

  /** Bytes through which finished tiles pass: FINISHED_BYTES of the template. */
  private int finishedBytes() {
    int piece = persistent ? Math.min(width, MOST_COLUMNS_AT_ONCE) : width;
    int line = swap ? INSTRUCTION_ROWS : piece;
    int lines = swap ? piece : 16;
    int teams = multiplyingThreads() / (swap ? WARPGROUP : WARP);
    return teams * lines * (line * operands.outputBytes() / 16 | 1) * 16;
  }

  /** Bytes that all blocks of an SM have asked for at once. */
  public int bytesUnderWay() {
    return stages * resident() * lines() * LINE_BYTES;
  }
}
