package tessera.backend.cuda.prior;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import tessera.backend.cuda.Samples;
import tessera.backend.cuda.family.CudaFamily;
import tessera.backend.cuda.family.CudaWgmma;
import tessera.backend.cuda.tile.Grid;
import tessera.backend.cuda.tile.SimtTile;
import tessera.microkernel.MicroKernel;

final class TileCostTest {
  private static final SimtTile TILE = SimtTile.of(Samples.simt(128, 64, 32, 8, 8, 8, 2, "1", 1));

  private static Grid grid(TileCost cost, int resident) {
    return cost.grid(TILE, TILE.blockK(), Samples.H200, resident, Grid.Schedule.WAVES);
  }

  @Test
  void blocksThatOnlyMultiply_shareAMultiprocessorInProportion() {
    TileCost cost = new TileCost(1e-6, 0, 0, 3, 0, 0);
    for (int resident = 2; resident <= 32; resident++) {
      assertEquals(1, grid(cost, resident).coResidencyExponent(), 1e-9);
    }
    assertEquals(4e-6 / 1000, cost.prior(4, 1000).secondsPerStep(), 1e-18);
    assertEquals(0, grid(cost, 4).reduction().overhead());
  }

  @Test
  void blocksThatOnlyWait_doNotDisturbEachOther() {
    TileCost cost = new TileCost(1e-12, 1e-6, 0, 3, 1e-6, 0);
    assertEquals(0, grid(cost, 4).coResidencyExponent(), 1e-5);
    // its beginning takes as long as one stage of 32 steps
    assertEquals(32, grid(cost, 4).reduction().overhead());
  }

  /** As many as were resident at once on an H100 with 132: it has groups of unlike size. */
  @Test
  void largeClusters_leaveMultiprocessorsOver() {
    CudaFamily family = new CudaWgmma(Samples.H200, Samples.bertDense(Samples.FLOAT16));
    MicroKernel alone = Samples.wgmma(1, 1, 1, 64, 12, 1);
    for (MicroKernel small : List.of(alone, Samples.wgmma(1, 1, 1, 64, 8, 2))) {
      assertEquals(132, ((Grid) family.tiling(small)).slots());
    }
    for (MicroKernel large :
        List.of(
            Samples.wgmma(1, 1, 1, 64, 8, 4),
            Samples.multicast(4, alone),
            Samples.multicast(8, alone))) {
      assertEquals(120, ((Grid) family.tiling(large)).slots());
    }
  }

  @Test
  void aDeeperPipeline_waitsLess() {
    double shallow = new TileCost(1e-6, 2e-6, 0, 2, 0, 0).prior(1, 1).secondsPerStep();
    double deep = new TileCost(1e-6, 5e-7, 0, 2, 0, 0).prior(1, 1).secondsPerStep();
    assertEquals(Math.sqrt(5) * 1e-6, shallow, 1e-15);
    assertTrue(deep < shallow && deep > 1e-6);
  }
}
