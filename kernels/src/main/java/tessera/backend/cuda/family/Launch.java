package tessera.backend.cuda.family;

import tessera.microkernel.Grid;
import tessera.operator.GemmShape;

/**
 * What the launcher of a micro-kernel needs beside its operands.
 *
 * @param blocks of the grid
 * @param threads of a block
 * @param sharedBytes dynamic shared memory of a block
 * @param partialFloats room for each block's partial sums; 0 where blocks share no tile in memory
 * @param boxA lines of the boxes in which the first operand is fetched, through a tensor map that
 *     the micro-kernel takes as a further parameter; 0 where it takes none
 * @param boxB the same of the second operand, whose lines are rows, or k where it is [k, n]
 * @param splits whether operands are split into pairs before, which are fetched instead
 */
public record Launch(
    int blocks,
    int threads,
    int sharedBytes,
    int partialFloats,
    int boxA,
    int boxB,
    boolean splits) {
  /** Without tensor maps. */
  Launch(int blocks, int threads, int sharedBytes, int partialFloats) {
    this(blocks, threads, sharedBytes, partialFloats, 0, 0, false);
  }

  /** The same with tensor maps. */
  Launch withBoxes(int ofA, int ofB) {
    return new Launch(blocks, threads, sharedBytes, partialFloats, ofA, ofB, splits);
  }

  /** The same after operands are split. */
  Launch ofPairs() {
    return new Launch(blocks, threads, sharedBytes, partialFloats, boxA, boxB, true);
  }

  /** Tiles divided among blocks as the grid says; schedule.cuh. */
  static Launch of(Grid grid, GemmShape shape, int threads, int sharedBytes) {
    long tiles =
        shape.batch() * divideUp(shape.m(), grid.tileM()) * divideUp(shape.n(), grid.tileN());
    long units = tiles * divideUp(shape.k(), grid.reduction().grain());
    long blocks = grid.even() ? Math.min(grid.blocks(tiles), units) : grid.blocks(tiles);
    return new Launch(
        Math.toIntExact(blocks),
        threads,
        sharedBytes,
        grid.even() ? grid.tileM() * grid.tileN() : 0);
  }

  private static long divideUp(long a, long b) {
    return (a + b - 1) / b;
  }
}
