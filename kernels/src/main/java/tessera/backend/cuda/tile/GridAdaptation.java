package tessera.backend.cuda.tile;

import tessera.microkernel.Adaptation;
import tessera.operator.GemmShape;
import tessera.operator.Rounding;

/** What covering an instance with the blocks of a grid takes. */
final class GridAdaptation {
  private GridAdaptation() {}

  /**
   * A slot of the device runs one block after another; steps and elements are those of the busiest
   * slot. Ranges of stream-K that cut tiles begin and end more of them, and leave partial sums:
   * each is written once, and read by the block that finishes the tile, one after the other. A
   * persistent block pays for the beginning of its first tile and the end of each, or of its last
   * one in ping-pong.
   */
  static Adaptation of(Grid grid, GemmShape shape) {
    double tiles =
        (double) shape.batch()
            * Rounding.divideUp(shape.m(), grid.tileM())
            * Rounding.divideUp(shape.n(), grid.tileN());
    double blocks = grid.blocks((long) tiles);
    double rounds = tiles / blocks; // of a range of stream-K, or a persistent block
    double waves =
        switch (grid.schedule()) {
          case WAVES -> waves(grid, blocks);
          case STREAM_K -> rounds * occupied(grid, blocks);
          case PERSISTENT, PING_PONG -> Math.ceil(rounds) * occupied(grid, blocks);
        };
    double k = (double) shape.k() / grid.splitK();
    double area = (double) grid.tileM() * grid.tileN() / grid.multicast();
    boolean cut = grid.isStreamK() && rounds != Math.rint(rounds);
    double partials = cut ? (1 + Math.max(1, 1 / rounds)) * area : 0;
    double exchanged = grid.splitK() > 1 ? area : 0;
    double padded =
        tiles * grid.tileM() * grid.tileN() * Rounding.roundUp(shape.k(), grid.reduction().grain());
    double beginning = grid.costs().beginningShare();
    double ends =
        switch (grid.schedule()) {
          case WAVES -> waves;
          case STREAM_K ->
              waves + (cut ? 1 + grid.costs().gatheringShare() * Math.max(0, 1 / rounds - 1) : 0);
          case PERSISTENT -> beginning + (1 - beginning) * Math.ceil(rounds);
          case PING_PONG -> 1;
        };
    return new Adaptation(
        area
            * (waves * Rounding.roundUp(k, grid.reduction().grain())
                + ends * grid.reduction().overhead()),
        waves * (k * (grid.tileM() + grid.tileN()) / grid.multicast() + area)
            + partials
            + exchanged,
        (double) shape.batch() * shape.m() * shape.n() * shape.k() / padded,
        tiles * grid.clusterBlocks() / grid.slots() / waves,
        grid.costs().launchSeconds() + conversion(grid, shape));
  }

  /** The launch before the kernel's that turns operands into another form; they overlap. */
  private static double conversion(Grid grid, GemmShape shape) {
    double elements = (double) shape.batch() * (shape.m() + shape.n()) * shape.k();
    return grid.secondsPerInput() > 0
        ? grid.costs().conversionSeconds() + elements * grid.secondsPerInput()
        : 0;
  }

  /** How often whole blocks fill the device. */
  private static double waves(Grid grid, double blocks) {
    double full = Math.floor(Math.ceil(blocks / grid.multiprocessors()) / grid.resident());
    double rest = blocks - full * grid.slots();
    return full + (rest > 0 ? occupied(grid, rest) : 0);
  }

  /**
   * The time of a block where some multiprocessors hold fewer than they could, relative to a full
   * device: it is faster then, though not in proportion, since fewer hide each other's latency.
   */
  private static double occupied(Grid grid, double blocks) {
    double busiest = Math.ceil(blocks / grid.multiprocessors());
    return Math.min(1, Math.pow(busiest / grid.resident(), grid.coResidencyExponent()));
  }
}
