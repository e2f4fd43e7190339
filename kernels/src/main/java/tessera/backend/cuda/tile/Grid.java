package tessera.backend.cuda.tile;

import tessera.microkernel.Adaptation;
import tessera.microkernel.Tiling;
import tessera.operator.GemmShape;

/**
 * The tiling of a GPU micro-kernel: the blocks of a grid, each with a tile.
 *
 * @param tileM output rows of a tile, which one block has, or a multicast cluster together
 * @param tileN output columns of a tile
 * @param multiprocessors SMs of the device
 * @param resident blocks per SM (occupancy)
 * @param coResidencyExponent how a block's time grows with the blocks beside it on an SM, as an
 *     exponent of their number: 0 not at all, 1 in proportion
 * @param splitK blocks of a cluster that divide the reduction of one tile among them
 * @param multicast blocks of a cluster that divide a tile itself among them, and fetch operands for
 *     each other
 * @param schedule which tiles a block computes
 * @param reduction how the reduction is covered
 * @param costs what a launch and the beginning and end of a block cost
 * @param secondsPerInput what turning an element of either operand into another form takes, in a
 *     launch before the kernel's; 0 where operands are taken as they are
 */
public record Grid(
    int tileM,
    int tileN,
    int multiprocessors,
    int resident,
    double coResidencyExponent,
    int splitK,
    int multicast,
    Schedule schedule,
    Reduction reduction,
    Costs costs,
    double secondsPerInput)
    implements Tiling {
  public Grid {
    if (tileM < 1
        || tileN < 1
        || multiprocessors < 1
        || resident < 1
        || !(coResidencyExponent >= 0 && coResidencyExponent <= 1)
        || splitK < 1
        || multicast < 1
        || (multicast > 1 && splitK > 1)
        || !(secondsPerInput >= 0)
        || (schedule != Schedule.WAVES && splitK * multicast > 1)) {
      throw new IllegalArgumentException(
          "a grid needs positive sizes and a co-residency exponent from 0 to 1, and clusters come in waves alone: tile "
              + tileM
              + "x"
              + tileN
              + " on "
              + multiprocessors
              + "x"
              + resident
              + " splitK "
              + splitK
              + " multicast "
              + multicast);
    }
  }

  /** A grid without multicast, whose operands are taken as they are. */
  public Grid(
      int tileM,
      int tileN,
      int multiprocessors,
      int resident,
      double coResidencyExponent,
      int splitK,
      Schedule schedule,
      Reduction reduction,
      Costs costs) {
    this(
        tileM,
        tileN,
        multiprocessors,
        resident,
        coResidencyExponent,
        splitK,
        1,
        schedule,
        reduction,
        costs,
        0);
  }

  /**
   * The grid whose multicast clusters have so many of these tiles side by side.
   *
   * @param filled SMs that such clusters can fill
   */
  public Grid multicast(int alongM, int alongN, int filled) {
    return new Grid(
        tileM * alongM,
        tileN * alongN,
        filled,
        resident,
        coResidencyExponent,
        splitK,
        multicast * alongM * alongN,
        schedule,
        reduction,
        costs,
        secondsPerInput);
  }

  /** The grid whose operands a launch before has turned into another form. */
  public Grid converting(double secondsPerElement) {
    return new Grid(
        tileM,
        tileN,
        multiprocessors,
        resident,
        coResidencyExponent,
        splitK,
        multicast,
        schedule,
        reduction,
        costs,
        secondsPerElement);
  }

  /**
   * What a launch and the beginning and end of a block cost.
   *
   * @param launchSeconds seconds of a launch, whatever its size
   * @param conversionSeconds seconds of the launch before that turns operands into another form;
   *     the two overlap
   * @param beginningShare the beginning of a tile, relative to its beginning and end
   * @param gatheringShare what adding another block's partial sums takes, relative to the beginning
   *     and end of a tile
   */
  public record Costs(
      double launchSeconds,
      double conversionSeconds,
      double beginningShare,
      double gatheringShare) {}

  /** Which tiles a block computes. */
  public enum Schedule {
    /** One, or a part of one by split-K: blocks come in waves. */
    WAVES,
    /** A range of the reductions of all tiles, as long as that of every other block. */
    STREAM_K,
    /**
     * Several whole ones, one after the other, its warpgroups cooperative: while it ends one,
     * operands of the next come.
     */
    PERSISTENT,
    /** Several whole ones; it multiplies one while it ends another. */
    PING_PONG
  }

  /** The most blocks of stream-K that share a tile: their partial sums are added one by one. */
  public static final int MOST_STREAM_K_BLOCKS = 8;

  /** Blocks of the grid for so many tiles. */
  public long blocks(long tiles) {
    return switch (schedule) {
      case WAVES -> tiles * clusterBlocks();
      case STREAM_K -> Math.min(slots(), MOST_STREAM_K_BLOCKS * tiles);
      case PERSISTENT, PING_PONG -> Math.min(slots(), tiles);
    };
  }

  /** Blocks of a cluster, which have a tile together. */
  public int clusterBlocks() {
    return splitK * multicast;
  }

  /** Whether blocks have ranges of the reductions of all tiles. */
  public boolean isStreamK() {
    return schedule == Schedule.STREAM_K;
  }

  /** Blocks that the whole device holds at once. */
  public int slots() {
    return multiprocessors * resident;
  }

  @Override
  public double leanRatio() {
    return 1.0 / tileM + 1.0 / tileN;
  }

  /** Every block reads its own operands, so one tile moves as much for its work as many. */
  @Override
  public double richRatio() {
    return leanRatio();
  }

  @Override
  public String kind() {
    String waves = multicast > 1 ? "multicast" + multicast : "splitK" + splitK;
    return schedule == Schedule.WAVES ? waves : schedule.name();
  }

  /** The whole device runs a call, whatever threads the host has. */
  @Override
  public Adaptation adaptation(GemmShape shape, int threads) {
    return GridAdaptation.of(this, shape);
  }
}
