package tessera.backend.cuda.family;

/**
 * What the launcher of a micro-kernel needs beside its tiling.
 *
 * @param threads of a block
 * @param sharedBytes dynamic shared memory of a block
 * @param boxA lines of the boxes in which the first operand is fetched, through a tensor map that
 *     the micro-kernel takes as a further parameter; 0 where it takes none
 * @param boxB the same of the second operand, whose lines are rows, or k where it is [k, n]
 * @param splits whether operands are split into pairs before, which are fetched instead
 */
public record Launch(int threads, int sharedBytes, int boxA, int boxB, boolean splits) {
  /** Without tensor maps. */
  Launch(int threads, int sharedBytes) {
    this(threads, sharedBytes, 0, 0, false);
  }

  /** The same with tensor maps. */
  Launch withBoxes(int ofA, int ofB) {
    return new Launch(threads, sharedBytes, ofA, ofB, splits);
  }

  /** The same after operands are split. */
  Launch ofPairs() {
    return new Launch(threads, sharedBytes, boxA, boxB, true);
  }
}
