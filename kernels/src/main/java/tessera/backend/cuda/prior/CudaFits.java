package tessera.backend.cuda.prior;

import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.tile.Grid;
import tessera.backend.cuda.tile.MmaTile;
import tessera.backend.cuda.tile.RowsTile;
import tessera.backend.cuda.tile.SimtTile;
import tessera.backend.cuda.tile.SkinnyTile;
import tessera.backend.cuda.tile.WgmmaTile;
import tessera.cost.Fits;

/**
 * The priors of all families, by the fitted constants of one device model. Those of the H200 serve
 * every GPU: no other model has a file of its own.
 *
 * @param registers of tiles of {@code simt/simt.cu} whose operands come through registers
 * @param copied of tiles of {@code simt/simt.cu} that asynchronous copies bring
 * @param rows of tiles of {@code rows/rows.cu}
 * @param skinny of tiles of {@code skinny/skinny.cu}
 * @param mma of tiles of {@code mma/mma.cu}
 * @param wgmma of tiles of {@code wgmma/wgmma.cu} whose operands are taken as they are
 * @param pairs of tiles of {@code wgmma/wgmma.cu} whose operands are pairs
 */
public record CudaFits(
    SimtPrior registers,
    SimtPrior copied,
    SimtPrior rows,
    SkinnyPrior skinny,
    MmaPrior mma,
    WgmmaPrior wgmma,
    WgmmaPrior pairs) {
  static final Fits FILE = Fits.read("/tessera/backend/cuda/priors/h200.json");

  /** What a launch and the beginning and end of a block cost. */
  static final Grid.Costs GRID = FILE.fit("grid", Grid.Costs.class);

  /** What launches cost that turn operands into another form. */
  public static final Operands OPERANDS = FILE.fit("operands", Operands.class);

  /** The constants in use. */
  public static final CudaFits H200 = of(FILE);

  /**
   * @param padSeconds seconds of an element that is copied to where a tensor map can describe it
   * @param splitSeconds seconds of an element that is split into a pair
   */
  public record Operands(double padSeconds, double splitSeconds) {}

  /** The priors by the constants of a file. */
  static CudaFits of(Fits fits) {
    return new CudaFits(
        fits.fit("simt-through-registers", SimtPrior.class),
        fits.fit("simt-copied", SimtPrior.class),
        fits.fit("rows", SimtPrior.class),
        fits.fit("skinny", SkinnyPrior.class),
        fits.fit("mma", MmaPrior.class),
        fits.fit("wgmma", WgmmaPrior.class),
        fits.fit("wgmma-pairs", WgmmaPrior.class));
  }

  /** The cost of a tile of {@code simt/simt.cu}. */
  public TileCost cost(CudaTarget target, SimtTile tile) {
    return (tile.isCopied() ? copied : registers).cost(target, tile);
  }

  /** The cost of a tile of {@code rows/rows.cu}. */
  public TileCost cost(CudaTarget target, RowsTile tile) {
    return rows.cost(target, tile);
  }

  /** The cost of a tile of {@code skinny/skinny.cu}. */
  public TileCost cost(CudaTarget target, SkinnyTile tile) {
    return skinny.cost(target, tile);
  }

  /** The cost of a tile of {@code mma/mma.cu}. */
  public TileCost cost(CudaTarget target, MmaTile tile) {
    return mma.cost(target, tile);
  }

  /**
   * The cost of a tile of {@code wgmma/wgmma.cu}.
   *
   * @param stageSeconds seconds of a stage's multiply-adds for an output element, with the whole SM
   */
  public TileCost cost(WgmmaTile tile, double stageSeconds) {
    return (tile.operands().pairs() ? pairs : wgmma).cost(tile, stageSeconds);
  }
}
