package tessera.backend.cuda.tile;

import tessera.backend.cuda.driver.CudaTarget;

/** The occupancy of a GPU: how many blocks (CTAs) of a kernel an SM holds at once. */
public record Occupancy(CudaTarget target) {
  /** The most registers that a thread can have. */
  static final int MOST_REGISTERS = 255;

  /** Registers of a thread are allocated in multiples of this. */
  private static final int ALLOCATION_REGISTERS = 8;

  /** Partitions of an SM, each with its share of the registers. */
  private static final int PARTITIONS = 4;

  /** Bytes of each block's shared memory that the driver keeps to itself. */
  private static final int RESERVED_SHARED_BYTES = 1024;

  /** Blocks per SM of a tile whose registers are as estimated. */
  public int blocksPerSm(CudaTile tile) {
    return blocksPerSm(tile.threads(), tile.registers(), tile.sharedBytes());
  }

  /** Blocks per SM, limited by registers, shared memory and threads. */
  public int blocksPerSm(int threads, int registersPerThread, int sharedBytes) {
    int allocated = allocatedRegisters(registersPerThread);
    int warps =
        target.registersPerMultiprocessor() / PARTITIONS / (allocated * CudaTile.WARP) * PARTITIONS;
    int byRegisters = warps / ((threads + CudaTile.WARP - 1) / CudaTile.WARP);
    return Math.min(byRegisters, byMemory(threads, sharedBytes));
  }

  /**
   * Whether an SM may hold so many blocks of a tile: asked to, ptxas makes do with somewhat fewer
   * registers than estimated.
   */
  public boolean mayHold(int blocks, CudaTile tile) {
    int registers = blocks * tile.threads() * allocatedRegisters(tile.registers());
    return registers <= target.registersPerMultiprocessor()
        && blocks <= byMemory(tile.threads(), tile.sharedBytes());
  }

  /** Whether one block fits: its shared memory, and the registers of its threads. */
  public boolean fits(CudaTile tile) {
    return tile.sharedBytes() <= target.sharedBytesPerBlock() && tile.registers() <= MOST_REGISTERS;
  }

  /** The share of an SM's shared memory that so many blocks of a tile take. */
  public double sharedShare(int blocks, CudaTile tile) {
    return (double) tile.sharedBytes() * blocks / target.sharedBytesPerMultiprocessor();
  }

  private static int allocatedRegisters(int registersPerThread) {
    return (registersPerThread + ALLOCATION_REGISTERS - 1)
        / ALLOCATION_REGISTERS
        * ALLOCATION_REGISTERS;
  }

  private int byMemory(int threads, int sharedBytes) {
    return Math.min(
        target.threadsPerMultiprocessor() / threads,
        target.sharedBytesPerMultiprocessor() / (sharedBytes + RESERVED_SHARED_BYTES));
  }
}
