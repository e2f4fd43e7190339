package tessera.microkernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import tessera.backend.cuda.tile.Grid;
import tessera.operator.GemmShape;

/** Against cases worked by hand. */
final class AdaptationTest {
  /** Seconds of a call of one thread, and of several. */
  private static final Panels.Costs CALL = new Panels.Costs(1e-7, 3e-6);

  private static final Grid.Costs GRID = new Grid.Costs(2e-6, 1e-6, 0.35, 0.15);

  /** Vectors of 16 along m, three to a tile, panels of 96; 8 scalars along n; parts split n. */
  private static final Panels OVER_M =
      new Panels(true, 48, 16, 96, 8, false, new Tiling.Reduction(1, 1000, 0), CALL);

  /** Tiles of 4 x 6 dot products, 16 lanes along k. */
  private static final Panels DOTS =
      new Panels(true, 4, 4, 32, 6, false, new Tiling.Reduction(16, 64, 5), CALL);

  @Test
  void of_exactTiles_padsNothing() {
    Adaptation a = OVER_M.adaptation(new GemmShape(1, 96, 16, 10), 1);
    assertEquals(96 * 16 * 10, a.steps());
    assertEquals(1, a.paddingEfficiency());
    assertEquals(1, a.waveEfficiency());
    // the panel once, the streamed operand once, the output once
    assertEquals(10 * (96 + 16) + 96 * 16, a.elements());
  }

  @Test
  void of_ragged_padsBothAxesToTheirGrain() {
    Adaptation a = OVER_M.adaptation(new GemmShape(1, 97, 9, 10), 1);
    assertEquals(112 * 16 * 10, a.steps());
    assertEquals(97.0 * 9 / (112 * 16), a.paddingEfficiency(), 1e-15);
    // two panel blocks: the streamed operand is read twice
    assertEquals(10 * (112 + 2 * 9) + 97 * 9, a.elements());
  }

  /** Vectors of 16 along n, three to a tile; at most 8 rows, which tiles share evenly. */
  @Test
  void of_rowsThatAreNotPadded_takeTheirOwnTimeOrTheLeast() {
    Panels shared =
        new Panels(false, 48, 16, 96, 8, 5, false, new Tiling.Reduction(1, 1000, 0), CALL);
    long[] padded = {5, 5, 5, 5, 5, 6, 7, 8, 10, 10, 11, 12};
    for (int m = 1; m <= padded.length; m++) {
      Adaptation a = shared.adaptation(new GemmShape(1, m, 48, 10), 1);
      assertEquals(48 * 10 * padded[m - 1], a.steps(), "m = " + m);
    }
  }

  @Test
  void of_twoThreadsOnThreeTiles_theBusierHasTwo() {
    Adaptation a = OVER_M.adaptation(new GemmShape(1, 48, 24, 10), 2);
    assertEquals(2.0 / 3 * 48 * 24 * 10, a.steps(), 1e-9);
    assertEquals(0.75, a.waveEfficiency(), 1e-15);
  }

  @Test
  void of_batches_areSharedWhole() {
    Adaptation one = OVER_M.adaptation(new GemmShape(4, 48, 8, 10), 1);
    Adaptation two = OVER_M.adaptation(new GemmShape(4, 48, 8, 10), 2);
    assertEquals(one.steps() / 2, two.steps());
    assertEquals(one.elements() / 2, two.elements());
  }

  @Test
  void of_lanesAlongTheReduction_padsItAndPaysForEachBlock() {
    Adaptation a = DOTS.adaptation(new GemmShape(1, 4, 6, 100), 1);
    // 100 steps are padded to 112, in two blocks
    assertEquals(4 * 6 * (112 + 2 * 5), a.steps());
    assertEquals(100.0 / 112, a.paddingEfficiency(), 1e-15);
    // both operands once, the output written twice and read once
    assertEquals(100 * (4 + 6) + 3 * 4 * 6, a.elements());
  }

  /** 10 slots of 64 x 32 tiles, steps of 16 along k. */
  private static Grid grid(int splitK, boolean streamK) {
    return new Grid(
        64,
        32,
        5,
        2,
        1.0 / 3,
        splitK,
        streamK ? Grid.Schedule.STREAM_K : Grid.Schedule.WAVES,
        new Tiling.Reduction(16, 1000, 0),
        GRID);
  }

  @Test
  void of_wholeTilesOnAGrid_waitsForTheLastWave() {
    // 2 x 6 tiles on 5 multiprocessors of 2 slots: one wave, and one with half of the slots of some
    Adaptation a = grid(1, false).adaptation(new GemmShape(1, 128, 192, 32), 1);
    double waves = 1 + Math.cbrt(0.5);
    assertEquals(waves * 64 * 32 * 32, a.steps(), 1e-9);
    assertEquals(waves * (32 * (64 + 32) + 64 * 32), a.elements(), 1e-9);
    assertEquals(1.2 / waves, a.waveEfficiency(), 1e-15);
    assertEquals(1, a.paddingEfficiency());
  }

  @Test
  void of_streamKOnAGrid_haveNoLastWaveButPartialSums() {
    Adaptation a = grid(1, true).adaptation(new GemmShape(1, 128, 192, 32), 1);
    assertEquals(1.2 * 64 * 32 * 32, a.steps(), 1e-9);
    assertEquals(1.2 * (32 * (64 + 32) + 64 * 32) + 2 * 64 * 32, a.elements(), 1e-9);
    assertEquals(1, a.waveEfficiency());
  }

  @Test
  void of_rangesThatCutTiles_beginOneMore() {
    Grid grid =
        new Grid(
            64,
            32,
            5,
            2,
            1.0 / 3,
            1,
            Grid.Schedule.STREAM_K,
            new Tiling.Reduction(16, 1000, 7),
            GRID);
    Adaptation a = grid.adaptation(new GemmShape(1, 128, 192, 32), 1);
    assertEquals(64 * 32 * (1.2 * (32 + 7) + 7), a.steps(), 1e-9);
    Adaptation whole = grid.adaptation(new GemmShape(1, 128, 160, 32), 1);
    assertEquals(64 * 32 * (32 + 7), whole.steps(), 1e-9);
  }

  @Test
  void of_sumsOfManyBlocks_areGatheredOneByOne() {
    Grid grid =
        new Grid(
            64,
            32,
            5,
            2,
            1.0 / 3,
            1,
            Grid.Schedule.STREAM_K,
            new Tiling.Reduction(16, 1000, 7),
            GRID);
    // one tile on 8 of 10 slots: an eighth of it each, one end, and seven sums that are added
    Adaptation a = grid.adaptation(new GemmShape(1, 64, 32, 32), 1);
    assertEquals(64 * 32 * (32 / 8.0 + (1 / 8.0 + 1 + 7 * 0.15) * 7), a.steps(), 1e-9);
  }

  @Test
  void of_pingPongBlocks_beginAndEndOnce() {
    Grid grid =
        new Grid(
            64,
            32,
            5,
            2,
            1.0 / 3,
            1,
            Grid.Schedule.PING_PONG,
            new Tiling.Reduction(16, 1000, 7),
            GRID);
    // 12 tiles on 10 slots: some have two
    Adaptation a = grid.adaptation(new GemmShape(1, 128, 192, 32), 1);
    assertEquals(64 * 32 * (2 * 32 + 7), a.steps(), 1e-9);
    assertEquals(10, grid.blocks(12));
    assertEquals(3, grid.blocks(3));
  }

  @Test
  void of_persistentBlocks_endEveryTile() {
    Grid grid =
        new Grid(
            64,
            32,
            5,
            2,
            1.0 / 3,
            1,
            Grid.Schedule.PERSISTENT,
            new Tiling.Reduction(16, 1000, 7),
            GRID);
    Adaptation a = grid.adaptation(new GemmShape(1, 128, 192, 32), 1);
    assertEquals(64 * 32 * (2 * 32 + 7 * (0.35 + 2 * 0.65)), a.steps(), 1e-9);
    assertEquals(10, grid.blocks(12));
    Grid waves =
        new Grid(
            64, 32, 5, 2, 1.0 / 3, 1, Grid.Schedule.WAVES, new Tiling.Reduction(16, 1000, 7), GRID);
    GemmShape wave = new GemmShape(1, 64, 320, 32);
    assertEquals(waves.adaptation(wave, 1), grid.adaptation(wave, 1));
  }

  @Test
  void of_multicastBlocks_haveATileTogether() {
    Grid two = grid(1, false).multicast(2, 1, 5);
    // 1 x 6 tiles of 128 x 32, each of two blocks: as many blocks as of 64 x 32
    GemmShape shape = new GemmShape(1, 65, 192, 32);
    Adaptation a = two.adaptation(shape, 1);
    assertEquals(grid(1, false).adaptation(shape, 1).steps(), a.steps(), 1e-9);
    assertEquals(12, two.blocks(6));
    double waves = 1 + Math.cbrt(0.5);
    assertEquals(waves * (32 * (64 + 16) + 64 * 32), a.elements(), 1e-9);
    assertEquals(65 / 128.0, a.paddingEfficiency(), 1e-15);
    assertEquals(1.2 / waves, a.waveEfficiency(), 1e-15);
  }

  @Test
  void of_rangesOfFewTiles_areReadByOne() {
    // one tile on 8 of 10 slots: each has an eighth, and all multiprocessors are full
    Adaptation a = grid(1, true).adaptation(new GemmShape(1, 64, 32, 32), 1);
    assertEquals(64 * 32 * 32 / 8.0, a.steps(), 1e-9);
    assertEquals((32 * (64 + 32) + 64 * 32) / 8.0 + 9 * 64 * 32, a.elements(), 1e-9);
  }

  @Test
  void of_splitK_dividesTheReduction() {
    // 1 x 2 tiles, each of 4 blocks: 8 of 10 slots in one wave
    Adaptation a = grid(4, false).adaptation(new GemmShape(1, 50, 64, 128), 1);
    assertEquals(64 * 32 * 32, a.steps());
    assertEquals(0.8, a.waveEfficiency(), 1e-15);
    assertEquals(50.0 / 64, a.paddingEfficiency(), 1e-15);
  }

  @Test
  void of_operandsThatAreConverted_paysForEachElementAndALaunch() {
    GemmShape shape = new GemmShape(2, 50, 64, 128);
    Adaptation plain = grid(1, false).adaptation(shape, 1);
    Adaptation converted = grid(1, false).converting(3e-12).adaptation(shape, 1);
    double elements = 2 * (50 + 64) * 128;
    assertEquals(plain.callSeconds() + 1e-6 + elements * 3e-12, converted.callSeconds(), 1e-15);
    assertEquals(plain.steps(), converted.steps());
  }

  @Test
  void withoutCall_leavesWhatStepsTook_andAQuarterAtLeast() {
    Adaptation a = new Adaptation(1000, 10, 1, 1, 2e-6);
    assertEquals(3e-6, a.withoutCall(5e-6), 1e-18);
    assertEquals(0.5e-6, a.withoutCall(2e-6), 1e-18);
  }

  @Test
  void seconds_isLinearInBothCounts() {
    Adaptation a = new Adaptation(1000, 10, 1, 1, 1e-7);
    assertEquals(1e-7 + 1000 * 2e-9 + 10 * 5e-9, a.seconds(new MicroKernelCost(2e-9, 5e-9)), 1e-18);
  }
}
