package tessera.backend.cuda;

/**
 * What the launcher of a micro-kernel needs beside its operands.
 *
 * @param blocks of the grid
 * @param threads of a block
 * @param sharedBytes dynamic shared memory of a block
 * @param partialFloats room for each block's partial sums; 0 where blocks share no tile in memory
 */
record Launch(int blocks, int threads, int sharedBytes, int partialFloats) {}
