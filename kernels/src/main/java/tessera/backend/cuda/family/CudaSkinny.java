package tessera.backend.cuda.family;

import java.util.List;
import java.util.Locale;
import tessera.backend.cuda.driver.CudaTarget;
import tessera.backend.cuda.prior.CudaFits;
import tessera.backend.cuda.prior.TileCost;
import tessera.backend.cuda.tile.SkinnyTile;
import tessera.microkernel.Feature;
import tessera.microkernel.MicroKernel;
import tessera.microkernel.MicroKernelCost;
import tessera.microkernel.Parameter;
import tessera.workload.Workload;

/** The family of {@code skinny/skinny.cu}: few rows of float32, bound by the memory of b. */
public final class CudaSkinny extends TileFamily<SkinnyTile> {
  public static final String NAME = "cuda-skinny";

  /** The most bytes of shared memory that a launch may have without asking the driver for more. */
  private static final int MOST_SHARED_BYTES = 48 << 10;

  public CudaSkinny(CudaTarget target, Workload workload) {
    this(target, workload, CudaFits.H200);
  }

  /** The family with other priors. */
  public CudaSkinny(CudaTarget target, Workload workload, CudaFits fits) {
    super(target, workload, fits);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String template() {
    return "skinny/skinny.cu";
  }

  @Override
  public List<Parameter> parameters() {
    List<Integer> columns =
        workload.operator().secondIsNk() ? List.of(1, 2, 4, 8) : List.of(SkinnyTile.WIDE);
    return List.of(
        new Parameter("rows", List.of(1, 2, 4, 8)),
        new Parameter("columns", columns),
        new Parameter("warps", List.of(4, 8, 16)),
        new Parameter("split", List.of(1, 2, 4, 8, 16)),
        new Parameter("unroll", List.of(1, 2, 4, 8)),
        new Parameter("resident", List.of(1, 2, 3, 4, 6, 8)));
  }

  @Override
  public SkinnyTile tile(MicroKernel kernel) {
    return SkinnyTile.of(kernel, workload.operator().secondIsNk());
  }

  @Override
  public boolean isLegal(SkinnyTile tile) {
    return tile.isWhole() && tile.sharedBytes() <= MOST_SHARED_BYTES && isHeld(tile);
  }

  @Override
  public String label(SkinnyTile tile) {
    return String.format(
        Locale.ROOT,
        "skinny_f32_%s_%dx%d_w%d_s%d_u%d_r%d",
        target.isa(),
        tile.rows(),
        tile.columns(),
        tile.warps(),
        tile.split(),
        tile.unroll(),
        tile.resident());
  }

  @Override
  TileCost cost(SkinnyTile tile) {
    return fits.cost(target, tile);
  }

  @Override
  public List<Feature<SkinnyTile>> features() {
    return List.of(
        new Feature<>("tileM", SkinnyTile::rows),
        new Feature<>("tileN", SkinnyTile::blockN),
        new Feature<>("threads", SkinnyTile::threads),
        new Feature<>("resident", SkinnyTile::resident),
        new Feature<>("registers", SkinnyTile::registers),
        new Feature<>("split", SkinnyTile::split),
        new Feature<>("unroll", SkinnyTile::unroll),
        new Feature<>("bytesUnderWay", tile -> tile.bytesUnderWay(tile.resident())));
  }

  @Override
  public MicroKernelCost prior(SkinnyTile tile) {
    return new MicroKernelCost(
        super.prior(tile).secondsPerStep(), fits.skinny().elementSeconds(target, resident(tile)));
  }
}
