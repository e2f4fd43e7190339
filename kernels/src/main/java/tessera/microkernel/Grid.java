package tessera.microkernel;

/**
 * The tiling of a GPU micro-kernel: blocks of a grid, each with a tile, so many of them resident on
 * a multiprocessor at once.
 *
 * @param tileM output rows of a tile, which a block has, or its neighbours with it
 * @param tileN output columns of a tile
 * @param multiprocessors of the device
 * @param resident blocks that each of them holds at once
 * @param coResidencyExponent how a block's time grows with the blocks beside it on a
 *     multiprocessor, as an exponent of their number: 0 not at all, 1 in proportion
 * @param share blocks that divide the reduction of one tile among them
 * @param neighbours blocks that divide a tile itself among them, and fetch operands for each other
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
    int share,
    int neighbours,
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
        || share < 1
        || neighbours < 1
        || (neighbours > 1 && share > 1)
        || !(secondsPerInput >= 0)
        || (schedule != Schedule.WAVES && share * neighbours > 1)) {
      throw new IllegalArgumentException(
          "a grid needs positive sizes and coResidencyExponent from 0 to 1, and tiles are shared in waves alone: tile "
              + tileM
              + "x"
              + tileN
              + " on "
              + multiprocessors
              + "x"
              + resident
              + " share "
              + share
              + " neighbours "
              + neighbours);
    }
  }

  /** Of blocks without neighbours, and operands that are taken as they are. */
  public Grid(
      int tileM,
      int tileN,
      int multiprocessors,
      int resident,
      double coResidencyExponent,
      int share,
      Schedule schedule,
      Reduction reduction,
      Costs costs) {
    this(
        tileM,
        tileN,
        multiprocessors,
        resident,
        coResidencyExponent,
        share,
        1,
        schedule,
        reduction,
        costs,
        0);
  }

  /**
   * So many blocks of such tiles side by side.
   *
   * @param filled multiprocessors that such neighbours can fill
   */
  public Grid beside(int alongM, int alongN, int filled) {
    return new Grid(
        tileM * alongM,
        tileN * alongN,
        filled,
        resident,
        coResidencyExponent,
        share,
        neighbours * alongM * alongN,
        schedule,
        reduction,
        costs,
        secondsPerInput);
  }

  /** The same after a launch that turns operands into another form. */
  public Grid converting(double secondsPerElement) {
    return new Grid(
        tileM,
        tileN,
        multiprocessors,
        resident,
        coResidencyExponent,
        share,
        neighbours,
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
    /** One, or a share of one: blocks come in waves. */
    WAVES,
    /** A range of the reductions of all tiles, as long as every other block's (stream-K). */
    EVEN,
    /** Several whole ones, one after the other; while it ends one, operands of the next come. */
    PERSISTENT,
    /** Several whole ones; it multiplies one while it ends another (ping-pong). */
    TURNS
  }

  /** Blocks that share one tile where ranges are even; their partial sums are added one by one. */
  public static final int MOST_SHARE = 8;

  /** Blocks of the grid for so many tiles. */
  public long blocks(long tiles) {
    return switch (schedule) {
      case WAVES -> tiles * together();
      case EVEN -> Math.min(slots(), MOST_SHARE * tiles);
      case PERSISTENT, TURNS -> Math.min(slots(), tiles);
    };
  }

  /** Blocks that have a tile, or a share of it, at once. */
  public int together() {
    return share * neighbours;
  }

  public boolean even() {
    return schedule == Schedule.EVEN;
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
    String waves = neighbours > 1 ? "beside" + neighbours : "share" + share;
    return schedule == Schedule.WAVES ? waves : schedule.name();
  }
}
