package tessera.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import tessera.microkernel.Grid;

final class TileCostTest {
  private static Grid grid(TileCost cost, int resident) {
    return cost.grid(128, 64, 32, Samples.H200, resident, 1, Grid.Schedule.WAVES);
  }

  @Test
  void blocksThatOnlyMultiply_shareAMultiprocessorInProportion() {
    TileCost cost = new TileCost(1e-6, 0, 0, 3, 0, 0);
    for (int resident = 2; resident <= 32; resident++) {
      assertEquals(1, grid(cost, resident).crowding(), 1e-9);
    }
    assertEquals(4e-6 / 1000, cost.prior(4, 1000).secondsPerStep(), 1e-18);
    assertEquals(0, grid(cost, 4).reduction().overhead());
  }

  @Test
  void blocksThatOnlyWait_doNotDisturbEachOther() {
    TileCost cost = new TileCost(1e-12, 1e-6, 0, 3, 1e-6, 0);
    assertEquals(0, grid(cost, 4).crowding(), 1e-5);
    // its beginning takes as long as one stage of 32 steps
    assertEquals(32, grid(cost, 4).reduction().overhead());
  }

  @Test
  void aDeeperPipeline_waitsLess() {
    double shallow = new TileCost(1e-6, 2e-6, 0, 2, 0, 0).prior(1, 1).secondsPerStep();
    double deep = new TileCost(1e-6, 5e-7, 0, 2, 0, 0).prior(1, 1).secondsPerStep();
    assertEquals(Math.sqrt(5) * 1e-6, shallow, 1e-15);
    assertTrue(deep < shallow && deep > 1e-6);
  }
}
