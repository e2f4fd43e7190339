package tessera.microkernel;

import tessera.operator.GemmShape;

/** How a micro-kernel covers an output: what the adaptation cost needs to know of it. */
public interface Tiling {
  /** Output rows of one tile. */
  int tileM();

  /** Output columns of one tile. */
  int tileN();

  /** Elements moved for each multiply-add when many tiles are computed together. */
  double leanRatio();

  /** Elements moved for each multiply-add when one row of tiles is computed alone. */
  double richRatio();

  /**
   * What covering a shape takes.
   *
   * @param threads that run a call, where that is a choice
   */
  Adaptation adaptation(GemmShape shape, int threads);

  /** What sets tilings apart that perform unlike, in a word or two. */
  String kind();

  /**
   * How the k axis is covered.
   *
   * @param grain k is padded to a multiple of this
   * @param block steps after which a tile's sums go back to the output
   * @param overhead what starting and storing a tile costs for each block, in steps of the whole
   *     tile
   */
  record Reduction(int grain, int block, int overhead) {
    /** Steps of one tile over a reduction of the given length. */
    public double steps(double k) {
      return Math.ceil(k / grain) * grain + overhead * Math.ceil(k / block);
    }
  }
}
